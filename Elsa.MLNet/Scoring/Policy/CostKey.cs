using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Operators;

namespace Elsa.MLNet.Scoring.Policy;

/// <summary>What measured costs hold for. Two keys that differ in anything have different costs.</summary>
internal sealed record CostKey
{
    /// <summary>SHA-256 of the source's and of every level's hash.</summary>
    public required string Parent { get; init; }

    /// <summary>Rows, threads, provider and its options, kernels, size of a row, and the output.</summary>
    public required string Execution { get; init; }

    /// <summary>Processor and number of logical cores.</summary>
    public required string Machine { get; init; }

    /// <summary>Versions of Elsa.MLNet, ONNX Runtime and .NET.</summary>
    public required string Versions { get; init; }

    /// <summary>Name of the file for this parent and execution; machine and versions are told inside it.</summary>
    public string FileName => $"{Parent[..16]}-{Hash(Execution)[..16]}.json";

    public static CostKey Of(ParentModel parent, ElsaExecutionOptions execution, string input, string output) => new()
    {
        Parent = Hash(string.Join('\n',
            parent.Levels.Select(level => $"{level.Name} {level.Sha256}").Prepend(parent.SourceSha256))),
        Execution = string.Create(CultureInfo.InvariantCulture,
            $"batch {execution.BatchSize}, intra {Threads(execution.IntraOpNumThreads)}, " +
            $"inter {Threads(execution.InterOpNumThreads)}, " +
            $"provider {execution.Provider.ToUpperInvariant()}{Options(execution)}, input {input}, output {output}, " +
            $"kernels {execution.SparseKernels} {execution.KernelChoice} {ElsaOperators.Instructions}"),
        Machine = $"{Processor.Name} ({RuntimeInformation.ProcessArchitecture}), {Environment.ProcessorCount} logical cores",
        Versions = $"Elsa.MLNet {Version()}, ONNX Runtime {NativeRuntime.Version}, " +
            $".NET {Environment.Version}",
    };

    // By name, as a dictionary has no order; quoted, as a name or value may hold any separator.
    private static string Options(ElsaExecutionOptions execution) => string.Concat(
        execution.ProviderOptions.OrderBy(option => option.Key, StringComparer.Ordinal)
            .Select(option => $" {JsonSerializer.Serialize(option.Key)}={JsonSerializer.Serialize(option.Value)}"));

    private static string Threads(int? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "default";

    private static string Version() => typeof(CostKey).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
