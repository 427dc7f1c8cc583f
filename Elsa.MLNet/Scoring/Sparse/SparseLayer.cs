using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>How a weight tensor lies in a pack.</summary>
/// <param name="Weight">Name of the tensor.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs of an output.</param>
/// <param name="Groups">Groups of the outputs.</param>
/// <param name="Transposed">Whether the tensor is [columns, rows].</param>
internal readonly record struct PackLayout(string Weight, int Rows, int Columns, int Groups, bool Transposed);

/// <summary>A node with a masked weight, and what replaces it when it runs sparse.</summary>
internal sealed record SparseLayer
{
    public required string Name { get; init; }

    public required string Operator { get; init; }

    public required string Weight { get; init; }

    /// <summary>Why it cannot run sparse; null if it can.</summary>
    public string? Reason { get; init; }

    public PackLayout Layout { get; init; }

    /// <summary>Our node, still without pack and level.</summary>
    public NodeProto Node { get; init; } = new();

    /// <summary>Scale and shift of our node.</summary>
    public IReadOnlyList<TensorProto> Parameters { get; init; } = [];

    /// <summary>Places of the nodes that ours stands for, in the graph's order.</summary>
    public IReadOnlyList<int> Replaced { get; init; } = [];

    /// <summary>The values that change from run to run: x and the addend, if there is one.</summary>
    public IEnumerable<string> Values => new[] { Node.Input[0] }.Concat(Node.Input.Skip(3)).Distinct(StringComparer.Ordinal);
}
