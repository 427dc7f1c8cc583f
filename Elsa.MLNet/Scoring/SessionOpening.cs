using Elsa.MLNet.Operators;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>From a model in memory to a session of ONNX Runtime with the chosen threads and provider.</summary>
internal static class SessionOpening
{
    private const string NameSuffix = "ExecutionProvider";

    /// <summary>Checks that this process can run models on the provider.</summary>
    /// <exception cref="ArgumentException">ONNX Runtime does not know the provider or was built without it.</exception>
    /// <exception cref="NotSupportedException">The provider is there, but it is not the CPU.</exception>
    public static void RequireProvider(string provider)
    {
        var available = OrtEnv.Instance().GetAvailableProviders()
            .Select(p => p.EndsWith(NameSuffix, StringComparison.Ordinal) ? p[..^NameSuffix.Length] : p)
            .ToArray();
        if (!available.Contains(provider, StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException(
                $"Execution provider '{provider}' is not available. This program's ONNX Runtime has " +
                $"{string.Join(", ", available)}; choose one of these, or reference the native package of ONNX " +
                "Runtime that brings the provider.",
                nameof(provider));
        }
        if (!provider.Equals("CPU", StringComparison.OrdinalIgnoreCase))
        {
            throw new NotSupportedException(
                $"Execution provider '{provider}' is available, but this version scores on the CPU only. Choose " +
                "\"CPU\".");
        }
    }

    /// <summary>Opens a session.</summary>
    /// <exception cref="ArgumentException">ONNX Runtime refuses the model.</exception>
    public static InferenceSession Open(
        ModelProto model, ElsaExecutionOptions execution,
        GraphOptimizationLevel optimization = GraphOptimizationLevel.ORT_ENABLE_ALL)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        options.GraphOptimizationLevel = optimization;
        if (model.OpsetImport.Any(set => set.Domain == ElsaOperators.Domain))
            ElsaOperators.Register(options);
        if (execution.IntraOpNumThreads is { } intra)
            options.IntraOpNumThreads = intra;
        if (execution.InterOpNumThreads is { } inter)
        {
            options.InterOpNumThreads = inter;
            options.ExecutionMode = inter > 1 ? ExecutionMode.ORT_PARALLEL : ExecutionMode.ORT_SEQUENTIAL;
        }
        try
        {
            return new InferenceSession(model.ToByteArray(), options);
        }
        catch (OnnxRuntimeException refusal)
        {
            throw new ArgumentException(
                $"ONNX Runtime cannot open the model '{model.Graph.Name}': {refusal.Message}", nameof(model), refusal);
        }
    }
}
