using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Operators;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>
/// Keeps decisions of this machine, a file for each level, number of rows and way of executing. A file that is damaged, of
/// another machine or of other versions is not used; why is told, never thrown.
/// </summary>
internal sealed class DecisionFile
{
    private const long LargestFile = 1 << 20;

    private readonly string? _path;
    private readonly string _key;

    /// <param name="level">Hash of the level's content.</param>
    /// <param name="rows">Numbers of rows.</param>
    /// <param name="execution">Threads.</param>
    public DecisionFile(string level, int rows, ElsaExecutionOptions execution)
    {
        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"{level}, {RowBucket.Name(rows)}, intra {execution.IntraOpNumThreads}, inter {execution.InterOpNumThreads}");
        string version = typeof(DecisionFile).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        _key = string.Create(
            CultureInfo.InvariantCulture,
            $"{what}; {Processor.Name}, {Environment.ProcessorCount} cores, {RuntimeInformation.ProcessArchitecture}, " +
            $"{ElsaOperators.Instructions}; Elsa.MLNet {version}, ONNX Runtime {OrtEnv.Instance().GetVersionString()}");
        _path = MachineFolder.Path is { } folder ? Path.Combine(folder, "kernels", $"{Hash(what)[..24]}.json") : null;
    }

    /// <summary>The kept decision, or null and why there is none to use; the reason is null if there is no file.</summary>
    public (KernelDecision? Decision, string? Objection) Read()
    {
        if (_path is null)
            return (null, null);
        try
        {
            var file = new FileInfo(_path);
            if (!file.Exists)
                return (null, null);
            if (file.Length > LargestFile)
                return (null, $"'{_path}' has {file.Length} bytes, more than {LargestFile}");
            var content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(_path));
            if (content is not { Key: not null, Decision: { Sparse: not null, Timings: not null, Network: not null, Shapes: not null } })
                return (null, $"'{_path}' is not complete");
            return content.Key == _key
                ? (content.Decision, null)
                : (null, $"'{_path}' is of another machine or of other versions ({content.Key})");
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            return (null, $"'{_path}' cannot be read ({failure.Message})");
        }
    }

    /// <summary>Keeps a decision, completely or not at all; the answer tells why it could not be kept, or is null.</summary>
    public string? Write(KernelDecision decision)
    {
        if (_path is null)
            return $"this user has no folder for local application data; name one in {MachineFolder.Variable}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(new Content(_key, decision));
            AtomicFile.Write(_path, overwrite: true, stream => stream.Write(bytes));
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"'{_path}' cannot be written ({failure.Message})";
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed record Content(string Key, KernelDecision Decision);
}
