namespace Elsa.MLNet;

/// <summary>Whether sparse levels run by kernels that skip zeros. Only on the CPU; other providers run dense.</summary>
public enum ElsaSparseKernels
{
    /// <summary>Each layer that is faster so runs by a sparse kernel. If none can, all run dense and the log says why.</summary>
    Auto,

    /// <summary>All layers run by ONNX Runtime's dense kernels.</summary>
    Off,

    /// <summary>Every layer that can runs by a sparse kernel; if none can, loading a sparse level throws.</summary>
    Required,
}
