namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>What is applied to an output of a sparse layer; the numbers are those of the operators' attribute.</summary>
internal enum SparseActivation
{
    None,
    Relu,
    Clip,
    LeakyRelu,
    Sigmoid,
    Tanh,
    HardSigmoid,
    HardSwish,
}
