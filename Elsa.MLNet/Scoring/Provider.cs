using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring;

/// <summary>An execution provider of ONNX Runtime: its name, how a session gets it, where its tensors live.</summary>
/// <param name="Name">Short name, as users write it.</param>
/// <param name="Package">What a program references to have it.</param>
/// <param name="Memory">Name of its memory in ONNX Runtime; null if tensors stay in the machine's memory.</param>
/// <param name="Library">Name of the library that knows how to copy to and from that memory; null if ONNX Runtime itself
/// does.</param>
/// <param name="Gate">Held while it is used, if it is not to be used by two threads at once; else null.</param>
internal sealed record Provider(string Name, string Package, string? Memory = null, string? Library = null, Lock? Gate = null)
{
    private const string Suffix = "ExecutionProvider";

    private static readonly HashSet<string> Registered = [];

    public static readonly Provider Cpu = new("CPU", "Microsoft.ML.OnnxRuntime");

    private static readonly Provider[] Known =
    [
        Cpu,
        new("CUDA", "Microsoft.ML.OnnxRuntime.Gpu, which needs NVIDIA's CUDA and cuDNN libraries", "Cuda",
            "onnxruntime_providers_cuda"),
        new("TensorRT", "Microsoft.ML.OnnxRuntime.Gpu, which needs NVIDIA's CUDA and TensorRT libraries", "Cuda",
            "onnxruntime_providers_cuda"),
        new("DML", "Microsoft.ML.OnnxRuntime.DirectML (Windows)", Gate: new Lock()),
        new("WebGPU", "a native build of ONNX Runtime with WebGPU", "WebGPU_Buf", Gate: new Lock()),
        new("CoreML", "Microsoft.ML.OnnxRuntime (macOS, iOS)"),
        new("OpenVINO", "Intel.ML.OnnxRuntime.OpenVino"),
    ];

    /// <summary>What a program references to have each known provider.</summary>
    public static string Packages => string.Join("; ", Known.Select(known => $"{known.Name}: {known.Package}"));

    public bool IsCpu => Name == Cpu.Name;

    /// <summary>The provider that a user means by a name; any name is one.</summary>
    public static Provider Named(string name)
    {
        string plain = name.Trim();
        if (plain.Length > Suffix.Length && plain.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase))
            plain = plain[..^Suffix.Length];
        if (plain.Equals("DirectML", StringComparison.OrdinalIgnoreCase))
            plain = "DML";
        return Array.Find(Known, known => known.Name.Equals(plain, StringComparison.OrdinalIgnoreCase))
            ?? new Provider(plain, "a native build of ONNX Runtime that has it");
    }

    /// <summary>ONNX Runtime's own names of what its native library was built with.</summary>
    public static IReadOnlyList<string> Available() => NativeRuntime.Environment.GetAvailableProviders();

    /// <summary>ONNX Runtime's own name, as it lists it; null if it does not.</summary>
    public string? Find(IReadOnlyList<string> available) => available.FirstOrDefault(
        listed => Named(listed).Name.Equals(Name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Lets sessions of these options run on the provider.</summary>
    /// <exception cref="EntryPointNotFoundException">The native library was built without it.</exception>
    /// <exception cref="DllNotFoundException">A library is missing.</exception>
    /// <exception cref="OnnxRuntimeException">A library is missing, or an option is refused.</exception>
    public void Append(SessionOptions session, IReadOnlyDictionary<string, string> options)
    {
        switch (Name)
        {
            case "CPU":
                return;
            case "CUDA":
                using (var cuda = new OrtCUDAProviderOptions())
                {
                    // With TensorFloat-32, CUDA's default, products have 10 bits and scores differ from the CPU's.
                    cuda.UpdateOptions(new Dictionary<string, string>([new("use_tf32", "0"), .. options]));
                    session.AppendExecutionProvider_CUDA(cuda);
                }
                return;
            case "TensorRT":
                using (var tensorRt = new OrtTensorRTProviderOptions())
                {
                    tensorRt.UpdateOptions(new Dictionary<string, string>(options));
                    session.AppendExecutionProvider_Tensorrt(tensorRt);
                }
                return;
            default:
                if (Name == "DML")
                    session.EnableMemoryPattern = false;
                session.AppendExecutionProvider(
                    Find(Available()) ?? Name, new Dictionary<string, string>(options));
                return;
        }
    }

    /// <summary>
    /// Lets ONNX Runtime copy to and from the provider's memory outside of runs: a provider that sessions append by
    /// itself tells only the session how. Once per process is enough.
    /// </summary>
    public bool TryRegisterCopying()
    {
        if (Library is null)
            return false;
        lock (Registered)
        {
            if (Registered.Contains(Library))
                return true;
            string file = OperatingSystem.IsWindows() ? Library + ".dll" : $"lib{Library}.so";
            try
            {
                NativeRuntime.Environment.RegisterExecutionProviderLibrary(Library, file);
            }
            catch (OnnxRuntimeException)
            {
                return false;
            }
            Registered.Add(Library);
            return true;
        }
    }

    /// <summary>Waits until no other thread uses the provider, if it needs that; to be left by
    /// <see cref="Leave"/>.</summary>
    public void Enter() => Gate?.Enter();

    /// <summary>Ends what <see cref="Enter"/> began.</summary>
    public void Leave() => Gate?.Exit();
}
