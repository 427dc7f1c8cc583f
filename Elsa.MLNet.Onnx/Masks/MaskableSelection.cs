namespace Elsa.MLNet.Onnx;

/// <summary>Which tensors of a model may be masked. The default takes the weights of Conv, ConvTranspose, Gemm and MatMul.</summary>
public sealed record MaskableSelection
{
    /// <summary>Operators whose weights are masked. Default and allowed: Conv, ConvTranspose, Gemm, MatMul. Conv stands for
    /// QLinearConv and ConvInteger, too, and MatMul for QLinearMatMul and MatMulInteger.</summary>
    public IReadOnlyList<string> OperatorTypes { get; init; } = ["Conv", "ConvTranspose", "Gemm", "MatMul"];

    /// <summary>Whether the layer that runs first may be masked. The default value is true.</summary>
    public bool FirstLayer { get; init; } = true;

    /// <summary>Whether the layer that runs last may be masked. The default value is true.</summary>
    public bool LastLayer { get; init; } = true;

    /// <summary>Names of tensors to take, with * and ? as wildcards; empty, the default, takes all. A name that fits no
    /// tensor of the model is an error.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>
    /// Names of tensors to leave dense, with * and ? as wildcards; training leaves them, and biases and other small parameters
    /// of these names, as they are. A name that fits no tensor of the model is an error. The default value is empty.
    /// </summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Tensors with fewer weights stay dense. The default value is 1: all are taken.</summary>
    public long MinimumWeights { get; init; } = 1;
}
