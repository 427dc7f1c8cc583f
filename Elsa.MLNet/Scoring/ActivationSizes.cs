using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// How many values convolutions, and what stands between them, hand on for one row: read off the graph, as running it would
/// take as long as loading it. What is behind another operator is not known, and not counted.
/// </summary>
internal sealed class ActivationSizes
{
    private static readonly HashSet<string> SameSize =
    [
        "Relu", "LeakyRelu", "PRelu", "Clip", "Elu", "Selu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Gelu", "Mish",
        "Softplus", "BatchNormalization", "InstanceNormalization", "LRN", "Dropout", "Identity", "Cast", "QuantizeLinear",
        "DequantizeLinear",
    ];

    private static readonly HashSet<string> LargestOfInputs = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean"];

    private readonly List<NodeProto> _nodes = [];
    private readonly Dictionary<string, long[]> _weights = new(StringComparer.Ordinal);

    /// <param name="graph">The network, of which no weight is kept.</param>
    public ActivationSizes(GraphProto graph)
    {
        foreach (var tensor in graph.Initializer)
            _weights[tensor.Name] = [.. tensor.Dims];
        foreach (var node in graph.Node.Where(node => node.Domain is "" or "ai.onnx" && node.Output.Count > 0))
        {
            if (node.OpType == "Constant" && WeightFinder.ConstantValue(node) is { } constant)
                _weights[node.Output[0]] = [.. constant.Dims];
            else if (node.Input.Count > 0 && SameSize.Contains(node.OpType) && _weights.TryGetValue(node.Input[0], out var weight))
                _weights[node.Output[0]] = weight;
            else if (node.Input.Count > 0)
                _nodes.Add(node);
        }
    }

    /// <summary>Bytes of the largest tensor of one row in single precision; 0 if none is known.</summary>
    public long RowBytes(ModelSignature signature, RowInputs inputs) => sizeof(float) * Largest(
        signature.Inputs.Zip(inputs.Dimensions).ToDictionary(
            pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal));

    /// <summary>Values of the largest tensor of one row; 0 if none is known.</summary>
    /// <param name="inputs">Dimensions of one row of each input, without the batch.</param>
    public long Largest(IReadOnlyDictionary<string, long[]> inputs)
    {
        var known = new Dictionary<string, long[]>(inputs, StringComparer.Ordinal);
        long largest = 0;
        foreach (var node in _nodes)
        {
            if (Made(node, known) is { } made && made.All(size => size > 0))
                largest = Math.Max(largest, Count(known[node.Output[0]] = made));
        }
        return largest;
    }

    private long[]? Made(NodeProto node, IReadOnlyDictionary<string, long[]> known)
    {
        var inputs = node.Input.Select(known.GetValueOrDefault).ToList();
        switch (node.OpType)
        {
            case "Conv" when node.Input.Count > 1 && _weights.GetValueOrDefault(node.Input[1]) is { Length: > 2 } weight:
                return Moved(node, inputs[0], weight[2..]) is { } places ? [weight[0], .. places] : null;
            case "MaxPool" or "AveragePool" or "LpPool" when NodeAttribute.Wholes(node, "kernel_shape") is { } kernel:
                return Moved(node, inputs[0], kernel) is { } pooled ? [inputs[0]![0], .. pooled] : null;
            case "Concat" when NodeAttribute.Whole(node, "axis", 0) == 1 && inputs.All(input => input?.Length > 0):
                return [inputs.Sum(input => input![0]), .. inputs[0]![1..]];
            case var type when SameSize.Contains(type):
                return inputs[0];
            case var type when LargestOfInputs.Contains(type):
                return inputs.Where(input => input is not null).MaxBy(Count!);
            default:
                return null;
        }
    }

    /// <summary>The places of a window that moves over the axes behind the channels; null if they are not known.</summary>
    private static long[]? Moved(NodeProto node, long[]? input, long[] kernel)
    {
        if (input is null || input.Length != kernel.Length + 1)
            return null;
        string automatic = NodeAttribute.Text(node, "auto_pad", "NOTSET");
        long[] ones = [.. kernel.Select(_ => 1L)];
        long[] strides = NodeAttribute.Wholes(node, "strides") ?? ones;
        long[] dilations = NodeAttribute.Wholes(node, "dilations") ?? ones;
        long[] pads = automatic == "NOTSET" && NodeAttribute.Wholes(node, "pads") is { } given
            ? given : new long[2 * kernel.Length];
        bool isCeiling = NodeAttribute.Whole(node, "ceil_mode", 0) != 0;
        if (strides.Length != kernel.Length || dilations.Length != kernel.Length || pads.Length != 2 * kernel.Length)
            return null;
        return [.. kernel.Select((taps, axis) =>
        {
            long length = input[axis + 1] + pads[axis] + pads[axis + kernel.Length], stride = Math.Max(1, strides[axis]);
            if (automatic is "SAME_UPPER" or "SAME_LOWER")
                return (length + stride - 1) / stride;
            long free = length - (taps - 1) * dilations[axis] - 1;
            long places = (free + (isCeiling ? stride - 1 : 0)) / stride + 1;
            // None begins behind the last element.
            return isCeiling && (places - 1) * stride >= input[axis + 1] + pads[axis] ? places - 1 : places;
        })];
    }

    private static long Count(long[] dimensions) => dimensions.Aggregate(1L, (product, size) => product * size);
}
