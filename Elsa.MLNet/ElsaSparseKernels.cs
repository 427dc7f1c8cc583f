namespace Elsa.MLNet;

/// <summary>
/// Whether sparse levels run by kernels that skip zeros. Only on the CPU; other providers run dense. When a level first
/// scores a number of rows, its outputs by sparse kernels are compared with those by dense ones on these rows; a kept
/// choice was compared when it was made. They agree if the norm of the differences is at most 1e-4 of the outputs' norm.
/// </summary>
public enum ElsaSparseKernels
{
    /// <summary>Each layer that is faster so runs by a sparse kernel. If none can, or the outputs do not agree, all run
    /// dense and the log says why.</summary>
    Auto,

    /// <summary>All layers run by ONNX Runtime's dense kernels.</summary>
    Off,

    /// <summary>Every layer that can runs by a sparse kernel; if none can, or the outputs do not agree, scoring with a
    /// sparse level throws <see cref="NotSupportedException"/>.</summary>
    Required,
}
