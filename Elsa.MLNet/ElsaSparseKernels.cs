namespace Elsa.MLNet;

/// <summary>
/// Whether levels run by kernels of our own: sparse ones, which skip zeros, and <see cref="ElsaLayerKernel.Winograd"/>'s.
/// Only on the CPU; other providers run dense. When a level first scores a number of rows, its outputs by our kernels are
/// compared with those by ONNX Runtime's on these rows; a kept choice was compared when it was made. They agree if the
/// norm of the differences is at most 1e-4 of the outputs' norm.
/// </summary>
public enum ElsaSparseKernels
{
    /// <summary>Each layer that is faster so runs by a kernel of ours. If none can, or the outputs do not agree, all run by
    /// ONNX Runtime's and the log says why.</summary>
    Auto,

    /// <summary>All layers run by ONNX Runtime's dense kernels, with its bits.</summary>
    Off,

    /// <summary>Every layer of a sparse level that can runs by a sparse kernel; if none can, or the outputs do not agree,
    /// scoring with a sparse level throws <see cref="NotSupportedException"/>. The dense level is ONNX Runtime's.</summary>
    Required,
}
