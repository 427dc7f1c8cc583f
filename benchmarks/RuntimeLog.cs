using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Benchmarks;

/// <summary>Counts what ONNX Runtime logs in this process, from warnings up.</summary>
static class RuntimeLog
{
    static int _count;

    public static int Count => _count;

    public static string Last { get; private set; } = "";

    /// <summary>Listens; to be called before anything else uses ONNX Runtime.</summary>
    public static void Listen()
    {
        var options = new EnvironmentCreationOptions
        {
            logId = "benchmarks",
            logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING,
            loggingFunction = (_, _, category, _, location, message) =>
            {
                Interlocked.Increment(ref _count);
                Last = $"{category} {location}: {message}";
            },
        };
        OrtEnv.CreateInstanceWithOptions(ref options);
    }
}
