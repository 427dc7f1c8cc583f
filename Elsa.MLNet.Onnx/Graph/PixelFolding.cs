using System.Globalization;
using System.Runtime.InteropServices;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Puts what pixels need in front of a network: [N, H, W, C] to [N, C, H, W], then (x - mean[c]) / deviation[c]. The input
/// keeps its name. Requires: one input of floating point [N, C, H, W] with C known, opset 7 or later. Ensures: the model
/// computes for pixels what the old one computed for values made so by hand; no weight is touched.
/// </summary>
/// <param name="interleaved">Whether a picture is [H, W, C]; else it stays [C, H, W].</param>
/// <param name="mean">Subtracted; one for all channels or one each; empty for none.</param>
/// <param name="deviation">Then divided by; one for all channels or one each; empty for none.</param>
internal sealed class PixelFolding(bool interleaved, IReadOnlyList<double> mean, IReadOnlyList<double> deviation)
{
    // The first opset whose Sub and Div stretch [C, 1, 1] over pictures.
    private const int OldestOpset = 7;

    private const string Prefix = "elsa_pixels/";

    /// <summary>Changes the model.</summary>
    /// <exception cref="ArgumentException">The model does not meet what is required.</exception>
    public void Apply(ModelProto model)
    {
        CheckOpset(model);
        var graph = model.Graph;
        var input = PictureInput(graph);
        var dimensions = input.Type.TensorType.Shape.Dim;
        var (type, channels) = ((DataType)input.Type.TensorType.ElemType, dimensions[1].DimValue);
        CheckCount(mean, "means", channels);
        CheckCount(deviation, "deviations", channels);
        var nodes = new List<NodeProto>();
        var last = input.Name;
        if (interleaved)
        {
            last = Append("Transpose", [last], NodeAttribute.Of("perm", [0, 3, 1, 2]));
            var channel = dimensions[1];
            dimensions.RemoveAt(1);
            dimensions.Add(channel);
        }
        if (mean.Count > 0) last = Append("Sub", [last, Constant("mean", type, mean)]);
        if (deviation.Count > 0) last = Append("Div", [last, Constant("deviation", type, deviation)]);
        if (nodes.Count == 0) return;
        Rename(graph, input.Name, last);
        for (var index = 0; index < nodes.Count; index++) graph.Node.Insert(index, nodes[index]);

        string Append(string operatorType, string[] inputs, params ReadOnlySpan<AttributeProto> attributes)
        {
            var node = new NodeProto { Name = $"{Prefix}{operatorType}", OpType = operatorType };
            node.Input.Add(inputs);
            node.Output.Add(node.Name + "/output");
            foreach (var attribute in attributes) node.Attribute.Add(attribute);
            nodes.Add(node);
            return node.Output[0];
        }

        // A node and no initializer, which would have to be an input of the model before IR version 4.
        string Constant(string name, DataType type, IReadOnlyList<double> values)
        {
            var tensor = new TensorProto { Name = Prefix + name, DataType = (int)type };
            tensor.Dims.Add([values.Count, 1, 1]);
            TensorBytes.SetRaw(tensor, Bytes(type, values));
            nodes.Add(new NodeProto
            {
                Name = Prefix + name,
                OpType = "Constant",
                Output = { tensor.Name },
                Attribute = { new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = tensor } },
            });
            return tensor.Name;
        }
    }

    private static void CheckOpset(ModelProto model)
    {
        var opset = model.OpsetImport.FirstOrDefault(import => import.Domain is "" or "ai.onnx")?.Version ?? 1;
        if (opset < OldestOpset)
            throw new ArgumentException($"The model is of opset {opset}; pixels are folded into models of opset " +
                $"{OldestOpset} or later. Export it again with a later opset.", nameof(model));
    }

    private static ValueInfoProto PictureInput(GraphProto graph)
    {
        var initializers = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var inputs = graph.Input.Where(input => !initializers.Contains(input.Name)).ToList();
        if (inputs.Count != 1)
            throw new ArgumentException($"The model has {inputs.Count} inputs; pixels are folded into a model with one.", nameof(graph));
        var tensor = inputs[0].Type?.TensorType;
        if (tensor?.Shape?.Dim is not { Count: 4 } dimensions || dimensions[1].DimValue < 1
            || (DataType)tensor.ElemType is not (DataType.Float or DataType.Float16 or DataType.Double))
            throw new ArgumentException($"The model's input '{inputs[0].Name}' is {TypeText.Of(inputs[0].Type)} {TypeText.ShapeOf(inputs[0].Type)}; pixels are folded into an " +
                "input [batch, channels, height, width] of float32, float16 or float64 whose number of channels is declared.", nameof(graph));
        return inputs[0];
    }

    private static void CheckCount(IReadOnlyList<double> values, string what, long channels)
    {
        if (values.Count > 1 && values.Count != channels)
            throw new ArgumentException($"Got {values.Count.ToString(CultureInfo.InvariantCulture)} {what} and the model's pictures have " +
                $"{channels} channels. Give one per channel, or one for all.", nameof(values));
    }

    private static byte[] Bytes(DataType type, IReadOnlyList<double> values) => type switch
    {
        DataType.Double => MemoryMarshal.AsBytes<double>([.. values]).ToArray(),
        DataType.Float16 => MemoryMarshal.AsBytes<Half>([.. values.Select(value => (Half)value)]).ToArray(),
        _ => MemoryMarshal.AsBytes<float>([.. values.Select(value => (float)value)]).ToArray(),
    };

    /// <summary>Everything that used the input uses the prepared pixels, also in graphs inside, unless the name means
    /// something else there.</summary>
    private static void Rename(GraphProto main, string from, string to)
    {
        foreach (var scope in GraphScope.All(main))
        {
            if (!SeesTheInput(scope)) continue;
            foreach (var node in scope.Graph.Node)
                for (var index = 0; index < node.Input.Count; index++)
                    if (node.Input[index] == from) node.Input[index] = to;
        }

        bool SeesTheInput(GraphScope scope)
        {
            for (var at = scope; at.Outer is not null; at = at.Outer)
                if (at.Graph.Input.Any(input => input.Name == from) || at.Graph.Initializer.Any(tensor => tensor.Name == from)
                    || at.Graph.Node.Any(node => node.Output.Contains(from))) return false;
            return true;
        }
    }
}
