using System.Collections.ObjectModel;

namespace Elsa.MLNet;

/// <summary>
/// How a level is run: rows per call, threads, execution provider, cancellation. Values are checked when set.
/// </summary>
public sealed record ElsaExecutionOptions
{
    private const int LargestBatch = 65536;

    /// <summary>
    /// Rows that are read ahead and scored in one call of ONNX Runtime. From 1 to 65,536; default 256.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside 1..65,536.</exception>
    public int BatchSize
    {
        get;
        init => field = value is >= 1 and <= LargestBatch
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(BatchSize),
                value,
                $"BatchSize is {value} rows. Choose 1 to {LargestBatch}; 256 suits most models.");
    } = 256;

    /// <summary>
    /// Threads of the processor that score a batch. Where each has at least 4 rows of a full batch, they score parts of it
    /// side by side; else they share the work inside each operator. <see langword="null"/> (default) is the processor's
    /// number for parts, and ONNX Runtime's choice inside operators.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int? IntraOpNumThreads { get; init => field = Threads(value, nameof(IntraOpNumThreads)); }

    /// <summary>
    /// Operators that run side by side; <see langword="null"/> (default) and 1 run them one after another.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int? InterOpNumThreads { get; init => field = Threads(value, nameof(InterOpNumThreads)); }

    /// <summary>
    /// Short name of ONNX Runtime's execution provider; default "CPU". Known are "CPU", "CUDA", "TensorRT", "DML"
    /// (DirectML), "WebGPU", "CoreML" and "OpenVINO"; any other that ONNX Runtime appends by name is passed on. Upper
    /// and lower case are the same. Whether it runs is tried when a transformer is made, because it depends on the native
    /// package of the program and on the machine. Fitting always runs on the CPU; the provider scores.
    /// </summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public string Provider
    {
        get;
        init => field = !string.IsNullOrWhiteSpace(value)
            ? value
            : throw new ArgumentException(
                "The provider's name is empty. Write \"CPU\" or leave it out.", nameof(Provider));
    } = "CPU";

    /// <summary>
    /// Options of the provider by ONNX Runtime's names, for example <c>device_id</c> of CUDA; they are passed on as they
    /// are. Default: none. For CUDA, <c>use_tf32</c> is 0 unless it is given, so that scores are the CPU's. The CPU has
    /// no options.
    /// </summary>
    /// <exception cref="ArgumentException">A name is empty, or a value is null.</exception>
    public IReadOnlyDictionary<string, string> ProviderOptions
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            foreach (var (name, text) in value)
            {
                if (string.IsNullOrWhiteSpace(name) || text is null)
                {
                    throw new ArgumentException(
                        $"ProviderOptions has the name '{name}' with the value '{text ?? "null"}'. Give every option " +
                        "a name and a value.",
                        nameof(ProviderOptions));
                }
            }
            field = new Dictionary<string, string>(value).AsReadOnly();
        }
    } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>
    /// What happens when the provider does not run in this process: false (default) throws
    /// <see cref="ArgumentException"/>; true scores on the CPU, with a warning in MLContext.Log, and
    /// <see cref="ElsaTransformer.ActiveProvider"/> is "CPU".
    /// </summary>
    public bool FallbackToCpu { get; init; }

    /// <summary>Whether levels run by kernels of our own. Default <see cref="ElsaSparseKernels.Auto"/>.</summary>
    public ElsaSparseKernels SparseKernels { get; init; }

    /// <summary>How the kernel of each layer is chosen. Default <see cref="ElsaKernelChoice.Measured"/>.</summary>
    public ElsaKernelChoice KernelChoice { get; init; }

    /// <summary>
    /// Stops scoring: it is looked at before every batch, and a batch that is running is terminated. The cursor, or the
    /// prediction engine, then throws <see cref="OperationCanceledException"/>. Default: never.
    /// </summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>The same on the CPU.</summary>
    internal ElsaExecutionOptions OnCpu() =>
        this with { Provider = "CPU", ProviderOptions = ReadOnlyDictionary<string, string>.Empty };

    private static int? Threads(int? value, string name) => value is null or >= 1
        ? value
        : throw new ArgumentOutOfRangeException(
            name, value, $"{name} is {value}. Give at least 1, or null to leave the number to ONNX Runtime.");
}
