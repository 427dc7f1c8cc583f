using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>Expands one operator of ours into standard ONNX.</summary>
internal abstract class OperatorLowering
{
    public abstract string OperatorType { get; }

    /// <summary>Appends standard nodes whose results have the names of the node's outputs.</summary>
    /// <param name="graph">Where nodes are appended.</param>
    /// <param name="node">The node to expand.</param>
    /// <param name="shapes">Shapes of the values of the forward graph; those of gradients are in the node's
    /// attributes.</param>
    public abstract void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes);
}
