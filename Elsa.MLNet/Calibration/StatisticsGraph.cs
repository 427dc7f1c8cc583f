using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;
using static Onnx.AttributeProto.Types;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Calibration;

/// <summary>
/// A level with its channel statistics as outputs, computed with the parameters that the batch itself asks for: behind a
/// BatchNormalization, or a bias, that is already right for the batch, the next one sees what it will see in the level.
/// One pass over the calibration rows so finds the parameters of all layers.
/// </summary>
internal static class StatisticsGraph
{
    private const string Prefix = "elsa_statistics/";

    /// <summary>Name of the output with the means of a place's channels over the batch: [channels].</summary>
    public static string Mean(int place) => $"{Prefix}{place}/mean";

    /// <summary>Name of the output with the variances of a place's channels over the batch: [channels].</summary>
    public static string Variance(int place) => $"{Prefix}{place}/variance";

    /// <summary>Makes the graph.</summary>
    /// <param name="level">The level's model; not changed.</param>
    /// <param name="places">Places found in a model of the same graph.</param>
    /// <param name="dense">Per place with a bias its statistics in the dense level; null leaves biases alone.</param>
    public static ModelProto Make(ModelProto level, IReadOnlyList<ChannelParameter> places, IReadOnlyList<ChannelStatistics?>? dense)
    {
        var model = level.Clone();
        var builder = new Builder(model);
        for (var place = 0; place < places.Count; place++)
        {
            var name = places[place].Node.Output[0];
            var index = IndexOf(model.Graph, name);
            builder.At(index, place);
            if (places[place].IsNormalization) builder.Normalize(places[place]);
            else builder.ShiftBias(places[place], dense?[place]);
        }
        return model;
    }

    private static int IndexOf(GraphProto graph, string output)
    {
        for (var index = 0; index < graph.Node.Count; index++)
            if (graph.Node[index].Output.Contains(output)) return index;
        throw new InvalidOperationException($"No node gives '{output}'.");
    }

    /// <summary>Inserts nodes at one place of the graph.</summary>
    private sealed class Builder(ModelProto model)
    {
        private readonly bool _axesAreInput = model.OpsetImport.Any(set => set.Domain is "" or "ai.onnx" && set.Version >= 18);
        private int _index;
        private int _place;

        public void At(int index, int place) => (_index, _place) = (index, place);

        // y = (x - mean) / sqrt(variance + epsilon) * scale + shift, over [rows, channels, positions].
        public void Normalize(ChannelParameter place)
        {
            var node = model.Graph.Node[_index];
            model.Graph.Node.RemoveAt(_index);
            var epsilon = node.Attribute.FirstOrDefault(attribute => attribute.Name == "epsilon")?.F ?? 1e-5f;
            var rows = Single(Node("Reshape", node.Input[0], Whole("rows_shape", 0, place.Channels, -1)), place);
            var mean = Mean(rows, "m", 0, 2);
            var centered = Node("Sub", rows, mean);
            var variance = Mean(Node("Mul", centered, centered), "v", 0, 2);
            var deviation = Node("Sqrt", Node("Add", variance, Number("epsilon", epsilon)));
            var channel = Whole("channel_shape", 1, place.Channels, 1);
            var scaled = Node("Mul", Node("Div", centered, deviation), Node("Reshape", Single(node.Input[1], place), channel));
            var shifted = Node("Add", scaled, Node("Reshape", Single(node.Input[2], place), channel));
            Node("Reshape", [Cast(shifted, DataType.Float, place.Type), Node("Shape", node.Input[0])], node.Output[0]);
            Output(mean, StatisticsGraph.Mean(_place), place.Channels);
            Output(variance, Variance(_place), place.Channels);
        }

        // y = y + (where the mean is to be - mean here), per channel.
        public void ShiftBias(ChannelParameter place, ChannelStatistics? dense)
        {
            var node = model.Graph.Node[_index++];
            var output = node.Output[0];
            node.Output[0] = $"{Prefix}{_place}/before";
            var last = place.ChannelsLast;
            long[] axes = last ? [0, 1] : [0, 2];
            var shape = last ? Whole("rows_shape", 1, -1, place.Channels) : Whole("rows_shape", 0, place.Channels, -1);
            var rows = Single(Node("Reshape", node.Output[0], shape), place);
            var mean = Mean(rows, "m", axes);
            var centered = Node("Sub", rows, mean);
            var variance = Mean(Node("Mul", centered, centered), "v", axes);
            var shift = dense is null ? Number("no_shift", 0) : Node("Sub", Target(new BiasTarget(place, dense)), mean);
            Node("Reshape", [Cast(Node("Add", rows, shift), DataType.Float, place.Type), Node("Shape", node.Output[0])], output);
            Output(mean, StatisticsGraph.Mean(_place), place.Channels);
            Output(variance, Variance(_place), place.Channels);

            // BiasTarget.Mean: kept mean + varies * (ratio * deviation - kept mean). Where is an operator of later opsets.
            string Target(BiasTarget target)
            {
                var kept = Numbers("dense_mean", target.Means, last);
                var varies = Cast(Node("Greater", variance, Numbers("keeping", target.KeepingVariances, last)), DataType.Bool, DataType.Float);
                var scaled = Node("Mul", Node("Sqrt", variance), Numbers("dense_ratio", target.Ratios, last));
                return Node("Add", kept, Node("Mul", varies, Node("Sub", scaled, kept)));
            }
        }

        // Statistics are computed in single precision, whatever the place's is.
        private string Single(string value, ChannelParameter place) => Cast(value, place.Type, DataType.Float);

        private string Cast(string value, DataType from, DataType to) => from == to ? value
            : Node("Cast", [value], Name($"n{_index}"), new AttributeProto { Name = "to", Type = AttributeType.Int, I = (int)to });

        private string Node(string operatorType, params string[] inputs) => Node(operatorType, inputs, Name($"n{_index}"));

        private string Node(string operatorType, string[] inputs, string output, params AttributeProto[] attributes)
        {
            var node = new NodeProto { OpType = operatorType, Name = $"{output}/node" };
            node.Input.Add(inputs);
            node.Output.Add(output);
            node.Attribute.Add(attributes);
            model.Graph.Node.Insert(_index++, node);
            return output;
        }

        private string Mean(string input, string name, params long[] axes)
        {
            var keep = new AttributeProto { Name = "keepdims", Type = AttributeType.Int, I = 1 };
            if (_axesAreInput) return Node("ReduceMean", [input, Whole($"{name}_axes", axes)], Name(name), keep);
            var attribute = new AttributeProto { Name = "axes", Type = AttributeType.Ints };
            attribute.Ints.Add(axes);
            return Node("ReduceMean", [input], Name(name), attribute, keep);
        }

        private void Output(string value, string name, int channels)
        {
            Node("Reshape", [value, Whole($"flat_{name[^4..]}", channels)], name);
            var shape = new TensorShapeProto();
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = channels });
            model.Graph.Output.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = shape } } });
        }

        private string Whole(string name, params long[] values) => Constant(name, DataType.Int64, [values.Length], MemoryMarshal.AsBytes<long>(values));

        private string Number(string name, float value) => Constant(name, DataType.Float, [], MemoryMarshal.AsBytes<float>([value]));

        private string Numbers(string name, double[] values, bool last) => Constant(
            name, DataType.Float, last ? [1, 1, values.Length] : [1, values.Length, 1],
            MemoryMarshal.AsBytes<float>(Array.ConvertAll(values, value => (float)value)));

        private string Constant(string name, DataType type, long[] dimensions, ReadOnlySpan<byte> bytes)
        {
            var tensor = new TensorProto { Name = Name(name), DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
            tensor.Dims.Add(dimensions);
            model.Graph.Initializer.Add(tensor);
            return tensor.Name;
        }

        private string Name(string part) => $"{Prefix}{_place}/{part}";
    }
}
