namespace Elsa.MLNet;

/// <summary>How <see cref="ElsaSparseKernels.Auto"/> decides between a layer's kernels.</summary>
public enum ElsaKernelChoice
{
    /// <summary>
    /// By timing when a level first scores so many rows, on these rows: each layer alone, then the network with all layers
    /// by ONNX Runtime, with those by their fastest kernel that are at least 5 % faster so, and with all sparse. The
    /// network runs as it is fastest, but by ONNX Runtime unless another way is at least 5 % faster, by the median of runs
    /// in turn, in each of two series. Kept in a file per machine.
    /// </summary>
    Measured,

    /// <summary>
    /// By a fixed rule, the same on every machine: sparse from 50 % zeros on for up to 4 positions, 80 % for up to 15,
    /// 60 % for more and 70 % for convolutions. Where <see cref="ElsaLayerKernel.Winograd"/> is possible, it runs up to
    /// 80 % zeros, at the dense level, too.
    /// </summary>
    CostModel,
}
