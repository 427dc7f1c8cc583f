namespace Elsa.MLNet;

/// <summary>How one layer of a level runs.</summary>
/// <param name="Name">Name of the layer's node, or its first output.</param>
/// <param name="Operator">ONNX operator, for example Conv.</param>
/// <param name="Sparsity">Share of zeros among the layer's weights, 0 to 1.</param>
/// <param name="Kernel">What computes it.</param>
/// <param name="Reason">Why it runs so.</param>
public sealed record ElsaLayerExecution(
    string Name, string Operator, double Sparsity, ElsaLayerKernel Kernel, string Reason)
{
    /// <summary>Median time of ONNX Runtime's dense kernel in microseconds; null if it was not measured.</summary>
    public double? DenseMicroseconds { get; init; }

    /// <summary>Median time of Winograd's convolution in microseconds; null if it was not measured.</summary>
    public double? WinogradMicroseconds { get; init; }

    /// <summary>Median time of the sparse kernel in microseconds; null if it was not measured.</summary>
    public double? SparseMicroseconds { get; init; }
}
