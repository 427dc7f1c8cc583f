using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>From the provider that was asked for to the one that runs.</summary>
internal static class ProviderChoice
{
    /// <summary>
    /// The options with the provider that runs: the one asked for, by its usual name, if a small model runs on it; the
    /// CPU with a warning otherwise, if that is allowed.
    /// </summary>
    /// <exception cref="ArgumentException">The provider does not run in this process, and falling back to the CPU is
    /// not allowed; or options are given for the CPU, which has none.</exception>
    public static ElsaExecutionOptions Resolve(IHostEnvironment environment, ElsaExecutionOptions execution) =>
        Resolve(environment, execution, Provider.Available(), Start);

    /// <summary>The same for providers that are there and a way to start one, whatever this machine has.</summary>
    internal static ElsaExecutionOptions Resolve(
        IHostEnvironment environment, ElsaExecutionOptions execution, IReadOnlyList<string> available,
        Action<Provider, IReadOnlyDictionary<string, string>> start)
    {
        var provider = Provider.Named(execution.Provider);
        if (provider.IsCpu && execution.ProviderOptions.Count > 0)
        {
            throw new ArgumentException(
                $"ProviderOptions has {string.Join(", ", execution.ProviderOptions.Keys)}, but provider 'CPU' takes " +
                "no options. Leave them out, or name the provider they are for.",
                nameof(execution));
        }
        if (Obstacle(provider, execution.ProviderOptions, available, start, out var cause) is not { } obstacle)
            return execution with { Provider = provider.Name };
        string found =
            $"Execution provider '{execution.Provider}' {obstacle} This program's ONNX Runtime has " +
            $"{string.Join(", ", available.Select(name => Provider.Named(name).Name))}. " +
            $"'{provider.Name}' comes with {provider.Package}.";
        if (!execution.FallbackToCpu)
        {
            throw new ArgumentException(
                $"{found} Choose an available provider, reference that package in the program in place of another " +
                "native package of ONNX Runtime, or set FallbackToCpu to score on the CPU instead.",
                nameof(execution),
                cause);
        }
        using var channel = environment.Start("Choose provider");
        channel.Warning(MessageSensitivity.None, $"{found} Scores on the CPU instead, as FallbackToCpu allows.");
        return execution.OnCpu();
    }

    /// <summary>Why a provider does not run here, as the end of a sentence; null if it runs.</summary>
    private static string? Obstacle(
        Provider provider, IReadOnlyDictionary<string, string> options, IReadOnlyList<string> available,
        Action<Provider, IReadOnlyDictionary<string, string>> start, out Exception? cause)
    {
        cause = null;
        if (provider.Find(available) is null)
            return "is not available.";
        if (provider.IsCpu)
            return null;
        provider.Enter();
        try
        {
            start(provider, options);
            return null;
        }
        catch (Exception failure) when (failure
            is EntryPointNotFoundException or DllNotFoundException or OnnxRuntimeException or NotSupportedException)
        {
            cause = failure;
            string given = options.Count == 0
                ? ""
                : $" with the options {string.Join(", ", options.Select(option => $"{option.Key}={option.Value}"))}";
            string reason = failure.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.');
            return $"is available but does not start{given}: {reason}.";
        }
        finally
        {
            provider.Leave();
        }
    }

    /// <summary>Runs a small model on the provider.</summary>
    internal static void Start(Provider provider, IReadOnlyDictionary<string, string> options)
    {
        using var setting = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        provider.Append(setting, options);
        using var session = new InferenceSession(Model().ToByteArray(), setting);
        using var input = OrtValue.CreateTensorValueFromMemory(new float[] { 1, -1 }, [2]);
        using var run = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var results = session.Run(run, ["x"], [input], ["y"]);
    }

    private static ModelProto Model() => new()
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 17 } },
        Graph = new GraphProto
        {
            Name = "provider-test",
            Node = { new NodeProto { OpType = "Relu", Input = { "x" }, Output = { "y" } } },
            Input = { Pair("x") },
            Output = { Pair("y") },
        },
    };

    private static ValueInfoProto Pair(string name) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)TensorProto.Types.DataType.Float,
                Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 2 } } },
            },
        },
    };
}
