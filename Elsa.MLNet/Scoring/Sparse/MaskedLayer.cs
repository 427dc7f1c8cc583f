using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>How a weight tensor lies in a pack.</summary>
/// <param name="Weight">Name of the tensor.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs of an output.</param>
/// <param name="Groups">Groups of the outputs.</param>
/// <param name="Transposed">Whether the tensor is [columns, rows].</param>
internal readonly record struct PackLayout(string Weight, int Rows, int Columns, int Groups, bool Transposed);

/// <summary>A node with a masked weight, and what replaces it when another kernel than ONNX Runtime's runs it.</summary>
internal sealed record MaskedLayer
{
    public required string Name { get; init; }

    public required string Operator { get; init; }

    public required string Weight { get; init; }

    /// <summary>Why no sparse kernel can run it; null if one can.</summary>
    public string? Reason { get; init; }

    public PackLayout Layout { get; init; }

    /// <summary>The kernel of <see cref="Node"/>.</summary>
    public ElsaLayerKernel Kernel { get; init; } = ElsaLayerKernel.Sparse;

    /// <summary>The same layer by Winograd's convolution, if that can compute it and may pay.</summary>
    public MaskedLayer? Winograd { get; init; }

    /// <summary>Our node; a sparse one still without pack and level.</summary>
    public NodeProto Node { get; init; } = new();

    /// <summary>Scale and shift of our node.</summary>
    public IReadOnlyList<TensorProto> Parameters { get; init; } = [];

    /// <summary>Places of the nodes that ours stands for, in the graph's order.</summary>
    public IReadOnlyList<int> Replaced { get; init; } = [];

    /// <summary>The values that change from run to run: x and the addend, if there is one.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Rows of x where its shape was found, if the layer is the product of the matrix x and the weight; else 0.
    /// </summary>
    public long MatrixRows { get; init; }

    /// <summary>The ways of computing the layer at a level, without ONNX Runtime's.</summary>
    public IEnumerable<MaskedLayer> Ways(int level)
    {
        if (Reason is null && level > 0)
            yield return this;
        if (Winograd is not null)
            yield return Winograd;
    }
}
