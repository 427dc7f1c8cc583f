using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Operators;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>
/// Keeps what was found out about a level on this machine: how rows get through, and the kernels for numbers of rows. A
/// file for each level, shape of rows and way of executing. One that is damaged, of another machine or of other
/// versions is not used; why is told, never thrown. Not thread safe.
/// </summary>
internal sealed class DecisionFile
{
    /// <summary>Files that are kept, a few kilobytes each; beyond them those go that were written longest ago.</summary>
    public const int MostFiles = 1000;

    private const long LargestFile = 1 << 20;
    private const int NameLength = 24;

    private readonly string? _path;
    private readonly string _key;
    private readonly Action<string> _log;
    private readonly int _outputs;
    private readonly Dictionary<string, KernelDecision> _decisions = new(StringComparer.Ordinal);
    private DateTime _seen;

    /// <summary>Reads the file, if there is one.</summary>
    /// <param name="level">Hash of the level's content.</param>
    /// <param name="signature">Inputs and outputs that are used.</param>
    /// <param name="inputs">What one row brings.</param>
    /// <param name="execution">Threads.</param>
    /// <param name="log">Told why a file is not used or not written.</param>
    public DecisionFile(
        string level, ModelSignature signature, RowInputs inputs, ElsaExecutionOptions execution, Action<string> log)
    {
        string names = string.Join(", ", signature.Inputs.Concat(signature.Outputs).Select(tensor => tensor.Name));
        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"{level}, {names} of {inputs.Shape}, intra {execution.IntraOpNumThreads}, " +
            $"inter {execution.InterOpNumThreads}");
        string version = typeof(DecisionFile).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        _key = string.Create(
            CultureInfo.InvariantCulture,
            $"{what}; {Processor.Name}, {Environment.ProcessorCount} cores, " +
            $"{RuntimeInformation.ProcessArchitecture}, {ElsaOperators.Instructions}; Elsa.MLNet {version}, " +
            $"ONNX Runtime {NativeRuntime.Version}");
        _path = MachineFolder.Path is { } folder ? Path.Combine(folder, "kernels", $"{Hash(what)[..NameLength]}.json") : null;
        _log = log;
        _outputs = signature.Outputs.Count;
        Read();
    }

    /// <summary>How rows get through; null if nothing is kept.</summary>
    public LevelOpening? Opening { get; private set; }

    /// <summary>The kept decision for a <see cref="RowBucket"/>; null if there is none. Another process may have kept one
    /// since the file was read: processes that score the same rows side by side are to choose alike.</summary>
    public KernelDecision? Find(int bucket)
    {
        if (!_decisions.ContainsKey(RowBucket.Name(bucket)))
            Read();
        return _decisions.GetValueOrDefault(RowBucket.Name(bucket));
    }

    /// <summary>Keeps a decision beside those there are, completely or not at all.</summary>
    public void Keep(LevelOpening opening, int bucket, KernelDecision decision)
    {
        Opening = opening;
        _decisions[RowBucket.Name(bucket)] = decision;
        if (_path is null)
        {
            _log("The choice of kernels is not kept: this user has no folder for local application data; name one in " +
                $"{MachineFolder.Variable}.");
            return;
        }
        try
        {
            var folder = Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            bool isNew = !File.Exists(_path);
            byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(new Content(_key, opening, _decisions));
            AtomicFile.Write(_path, overwrite: true, stream => stream.Write(bytes));
            _seen = File.GetLastWriteTimeUtc(_path);
            if (isNew)
                RemoveOldest(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _log($"The choice of kernels is not kept: '{_path}' cannot be written ({failure.Message}).");
        }
    }

    private static void RemoveOldest(DirectoryInfo folder)
    {
        var files = folder.GetFiles($"{new string('?', NameLength)}.json")
            .Where(file => Path.GetFileNameWithoutExtension(file.Name).All(char.IsAsciiHexDigitLower)).ToList();
        foreach (var file in files.OrderBy(file => file.LastWriteTimeUtc).Take(files.Count - MostFiles))
        {
            try
            {
                file.Delete();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Another process reads it; it goes with the next ones.
            }
        }
    }

    /// <summary>Reads the file, if it is another than the one seen last.</summary>
    private void Read()
    {
        try
        {
            var file = _path is null ? null : new FileInfo(_path);
            if (file is not { Exists: true } || file.LastWriteTimeUtc == _seen)
                return;
            _seen = file.LastWriteTimeUtc;
            if (file.Length > LargestFile)
                Object($"has {file.Length} bytes, more than {LargestFile}");
            else
                Take(JsonSerializer.Deserialize<Content>(File.ReadAllBytes(_path!)));
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            Object($"cannot be read ({failure.Message})");
        }
    }

    private void Take(Content? content)
    {
        if (content is not { Key: not null, Opening: { } opening, Decisions: { } decisions }
            || !IsComplete(opening, _outputs) || !decisions.Values.All(IsComplete))
        {
            Object("is not complete");
        }
        else if (content.Key != _key)
        {
            Object($"is of another machine or of other versions ({content.Key})");
        }
        else
        {
            Opening = opening;
            foreach (var (rows, decision) in decisions)
                _decisions[rows] = decision;
        }
    }

    private static bool IsComplete(LevelOpening opening, int outputs) =>
        opening is { Reason: not null, RowShapes: not null }
        && Enum.IsDefined(opening.Batching) && opening.RowShapes.Count == outputs
        && opening.RowShapes.All(shape => opening.Batching == Batching.RowByRow ? shape is not null : shape is [1, ..]);

    // What was not compared with dense execution, or differed from it, is never kept.
    private static bool IsComplete(KernelDecision? decision) =>
        decision is { Kernels: not null, Timings: not null, Network: not null, Shapes: not null }
        && decision.Kernels.Values.All(Enum.IsDefined) && decision.Difference <= Agreement.Tolerance;

    private void Object(string objection) =>
        _log($"The kept choice of kernels is not used, and they are timed: '{_path}' {objection}.");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed record Content(
        string Key, LevelOpening Opening, IReadOnlyDictionary<string, KernelDecision> Decisions);
}
