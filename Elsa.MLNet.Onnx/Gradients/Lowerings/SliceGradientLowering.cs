using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// SliceGradient(dy) -> dx: of the shape input_shape, dx at starts + i steps per axis is dy at i, and 0 elsewhere.
/// Attributes: starts, steps (at least 1), input_shape, and output_shape, that of dy.
/// </summary>
internal sealed class SliceGradientLowering : OperatorLowering
{
    public override string OperatorType => "SliceGradient";

    public override void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        long[] to = Wholes("output_shape"), from = Wholes("input_shape"), first = Wholes("starts");
        var steps = Wholes("steps").Select((step, axis) => to[axis] == 1 ? 1 : step).ToArray();
        var made = to.Zip(steps, (size, step) => size * step).ToArray();
        // A step is a size of its own: step - 1 zeros behind every element, the last ones cut or padded to the shape.
        var apart = graph.Reshape(node.Input[0], [.. to.SelectMany(size => new[] { size, 1 })]);
        var spread = graph.Reshape(
            graph.Pad(apart, new long[2 * to.Length], [.. steps.SelectMany(step => new[] { 0, step - 1 })]), made);
        long[] behind = [.. from.Select((size, axis) => size - first[axis] - made[axis])];
        graph.Append("Pad", "", [spread, graph.Wholes([.. first, .. behind])], node.Output);

        long[] Wholes(string name) => NodeAttribute.Wholes(node, name)!;
    }
}
