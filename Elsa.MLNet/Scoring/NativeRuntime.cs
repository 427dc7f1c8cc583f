using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring;

/// <summary>ONNX Runtime's native library. The program brings it; Elsa.MLNet references the managed part.</summary>
internal static class NativeRuntime
{
    /// <summary>The environment of this process. Whatever uses ONNX Runtime asks here first.</summary>
    /// <exception cref="InvalidOperationException">The native library is missing or does not fit.</exception>
    public static OrtEnv Environment
    {
        get
        {
            try
            {
                return OrtEnv.Instance();
            }
            catch (Exception failure) when (failure is TypeInitializationException or DllNotFoundException
                or EntryPointNotFoundException or BadImageFormatException)
            {
                // Without the cause as inner exception: of what ML.NET wraps, GetBaseException() is to be this one.
                string managed = typeof(OrtEnv).Assembly.GetName().Version!.ToString(3);
                throw new InvalidOperationException(
                    "ONNX Runtime does not start, because the native library 'onnxruntime' is missing in this " +
                    "program or does not fit. Elsa.MLNet brings the managed part alone " +
                    $"(Microsoft.ML.OnnxRuntime.Managed {managed}). Reference a native package of the same version in " +
                    $"the program, by the provider that is to score: {Provider.Packages}. The cause: {failure.GetBaseException().Message}");
            }
        }
    }

    /// <summary>ONNX Runtime's version.</summary>
    /// <inheritdoc cref="Environment"/>
    public static string Version => Environment.GetVersionString();
}
