using Elsa.MLNet.Operators;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>From a model in memory to a session of ONNX Runtime with the chosen threads and provider.</summary>
internal static class SessionOpening
{
    /// <summary>Opens a session. Whether its provider runs in this process was found out before, by
    /// <see cref="ProviderChoice"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="execution">Threads and provider.</param>
    /// <param name="optimization">What ONNX Runtime does to the graph.</param>
    /// <param name="takesTurns">Whether other sessions run between its runs. Then its threads sleep after a run; else
    /// they wait for the next one awake, which is faster but takes the processor from the others.</param>
    /// <exception cref="ArgumentException">ONNX Runtime refuses the model.</exception>
    /// <exception cref="InvalidOperationException">There is no native library of ONNX Runtime.</exception>
    public static InferenceSession Open(
        ModelProto model, ElsaExecutionOptions execution,
        GraphOptimizationLevel optimization = GraphOptimizationLevel.ORT_ENABLE_ALL, bool takesTurns = false)
    {
        // First, as what follows fails where the native library is missing, but does not say so.
        _ = NativeRuntime.Environment;
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        options.GraphOptimizationLevel = optimization;
        if (model.OpsetImport.Any(set => set.Domain == ElsaOperators.Domain))
            ElsaOperators.Register(options);
        if (takesTurns)
            options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        if (execution.IntraOpNumThreads is { } intra)
            options.IntraOpNumThreads = intra;
        if (execution.InterOpNumThreads is { } inter)
        {
            options.InterOpNumThreads = inter;
            options.ExecutionMode = inter > 1 ? ExecutionMode.ORT_PARALLEL : ExecutionMode.ORT_SEQUENTIAL;
        }
        Provider.Named(execution.Provider).Append(options, execution.ProviderOptions);
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
