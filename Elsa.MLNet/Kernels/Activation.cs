namespace Elsa.MLNet.Kernels;

/// <summary>What follows the sum of a sparse product, as ONNX's operator of the same name computes it.</summary>
internal enum Activation
{
    None,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>min(max(x, alpha), beta).</summary>
    Clip,

    /// <summary>x where x is at least 0, else alpha x.</summary>
    LeakyRelu,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,

    Tanh,

    /// <summary>min(max(alpha x + beta, 0), 1).</summary>
    HardSigmoid,

    /// <summary>x min(max(x / 6 + 1/2, 0), 1).</summary>
    HardSwish,
}
