namespace Elsa.MLNet;

/// <summary>What computes a layer.</summary>
public enum ElsaLayerKernel
{
    /// <summary>ONNX Runtime's dense kernel.</summary>
    OnnxRuntime,

    /// <summary>
    /// Elsa's dense convolution by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, "Fast Algorithms for
    /// Convolutional Neural Networks", arXiv 1509.09308): 3 x 3 weights without strides, dilations or groups, and at
    /// least 8 channels on both sides. The error's 2-norm is under 2e-6 of the result's.
    /// </summary>
    Winograd,

    /// <summary>Elsa's sparse kernel, which skips zeros.</summary>
    Sparse,
}
