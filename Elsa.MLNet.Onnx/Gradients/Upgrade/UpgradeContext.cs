using System.Runtime.InteropServices;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>The node that is upgraded, and where its new form goes.</summary>
/// <param name="graph">Where nodes are appended.</param>
/// <param name="scope">The graph as it was.</param>
/// <param name="types">The floating-point types of the model.</param>
/// <param name="node">The node; may be changed.</param>
/// <param name="opset">The opset it is written in.</param>
internal sealed class UpgradeContext(GraphBuilder graph, GraphScope scope, FloatTypes types, NodeProto node, long opset)
{
    public GraphBuilder Graph => graph;

    public NodeProto Node => node;

    public long Opset => opset;

    public bool HasInput(int index) => index < node.Input.Count && node.Input[index].Length > 0;

    /// <summary>Whether something may use that output.</summary>
    public bool HasOutput(int index) => index < node.Output.Count && node.Output[index].Length > 0;

    /// <summary>Appends the node as it now is.</summary>
    public void Keep() => graph.Graph.Node.Add(node);

    /// <summary>Removes an attribute and gives it; null if the node has none of that name.</summary>
    public AttributeProto? Take(string attribute)
    {
        var found = NodeAttribute.Find(node, attribute);
        if (found is not null) node.Attribute.Remove(found);
        return found;
    }

    /// <summary>Sets an input; those before it that there are not stay empty.</summary>
    public void SetInput(int index, string value)
    {
        while (node.Input.Count <= index) node.Input.Add("");
        node.Input[index] = value;
    }

    /// <summary>Makes an input of an attribute that holds whole numbers, if the node has it.</summary>
    public void MoveToInput(string attribute, int index)
    {
        if (Take(attribute) is { } values) SetInput(index, graph.Wholes([.. values.Ints]));
    }

    /// <summary>A constant without dimensions, of the element type of a value of the graph.</summary>
    public string NumberLike(double value, string like)
    {
        var number = graph.Number(value);
        return types.AreSingle ? number : graph.Node("CastLike", [number, like]);
    }

    /// <summary>Number of dimensions of a value, where the model declares it.</summary>
    public int? Rank(string value)
    {
        if (scope.TryResolve(value, out _, out var tensor, out _) && tensor is not null) return tensor.Dims.Count;
        return scope.Graph.Input.Concat(scope.Graph.ValueInfo).Concat(scope.Graph.Output)
            .FirstOrDefault(info => info.Name == value)?.Type?.TensorType?.Shape?.Dim.Count;
    }

    /// <summary>The values of a constant tensor of float32; null if the value is computed, or could be given.</summary>
    public float[]? Constant(string value)
    {
        if (!scope.TryResolve(value, out var owner, out var tensor, out var producer)) return null;
        if (producer is { OpType: "Constant" }) tensor = NodeAttribute.Find(producer, "value")?.T;
        else if (owner.Graph.Input.Any(input => input.Name == value)) return null;
        return tensor is null || tensor.DataType != (int)DataType.Float || TensorBytes.IsExternal(tensor)
            ? null : MemoryMarshal.Cast<byte, float>(TensorBytes.Read(tensor, null).Span).ToArray();
    }

    public NotSupportedException Unsupported(string why) => new(
        $"Operator {node.OpType} of node '{GraphScope.NameOf(node)}', in the form of opset {opset}, " +
        $"cannot be written in opset {OpsetUpgrade.Target}: {why}. Export the model again with opset " +
        $"{OpsetUpgrade.Target} or later, or replace the operator.");
}
