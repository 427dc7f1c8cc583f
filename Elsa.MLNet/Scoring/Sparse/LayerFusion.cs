using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>
/// Follows the nodes behind a layer and takes up what it can: normalisation, factors and terms per channel, a term of the
/// same shape, an activation; each only where nothing else reads the value in between.
/// </summary>
internal sealed class LayerFusion(LoweredGraph graph, int channels, int axisFromEnd, int rank)
{
    // The operators' numbers of activations.
    private static readonly string[] Activations =
        ["", "Relu", "Clip", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish"];

    private readonly float[] _scale = [.. Enumerable.Repeat(1f, channels)];
    private readonly float[] _shift = new float[channels];

    public float[]? Scale => _scale.All(value => value == 1) ? null : _scale;

    public float[]? Shift => _shift.All(value => value == 0) ? null : _shift;

    public string? Addend { get; private set; }

    public List<AttributeProto> Attributes { get; } = [];

    /// <summary>Places of the nodes taken up.</summary>
    public List<int> Nodes { get; } = [];

    public void Multiply(IReadOnlyList<float> factors)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            _scale[channel] *= factors[channel];
            _shift[channel] *= factors[channel];
        }
    }

    public void Add(IReadOnlyList<float> terms)
    {
        for (int channel = 0; channel < channels; channel++)
            _shift[channel] += terms[channel];
    }

    /// <summary>Takes up what follows a value.</summary>
    /// <param name="value">What the layer's own node gives.</param>
    /// <param name="taken">Places of nodes that other layers took up; those taken up here are added.</param>
    /// <returns>What our node gives instead.</returns>
    public string Follow(string value, ISet<int> taken)
    {
        bool done = false;
        while (!done && graph.OnlyUser(value) is { } index && !taken.Contains(index))
        {
            var node = graph.Graph.Node[index];
            if (!LoweredGraph.IsOnnx(node) || node.Output.Count != 1)
                break;
            bool taking = Addend is null && (Normalization(node, value) || Constant(node, value));
            if (!taking)
                taking = Addend is null && Residual(node, value);
            if (!taking)
                done = taking = Activation(node);
            if (!taking)
                break;
            Nodes.Add(index);
            taken.Add(index);
            value = node.Output[0];
        }
        return value;
    }

    private bool Normalization(NodeProto node, string value)
    {
        if (node.OpType != "BatchNormalization" || node.Input[0] != value || axisFromEnd != rank - 2
            || NodeAttribute.Whole(node, "training_mode", 0) != 0)
            return false;
        var parameters = node.Input.Skip(1).Select(name => graph.PerChannel(name, 0, channels, 1)).ToArray();
        if (parameters is not [{ } scale, { } bias, { } mean, { } variance])
            return false;
        float epsilon = NodeAttribute.Number(node, "epsilon", 1e-5f);
        var factors = scale.Zip(variance, (s, v) => (float)(s / Math.Sqrt((double)v + epsilon))).ToArray();
        Multiply(factors);
        Add([.. Enumerable.Range(0, channels).Select(c => bias[c] - mean[c] * factors[c])]);
        return true;
    }

    private bool Constant(NodeProto node, string value)
    {
        if (node.OpType is not ("Add" or "Mul") || node.Input.Count != 2)
            return false;
        string other = node.Input[0] == value ? node.Input[1] : node.Input[0];
        if (graph.PerChannel(other, axisFromEnd, channels, rank) is not { } values)
            return false;
        if (node.OpType == "Add")
            Add(values);
        else
            Multiply(values);
        return true;
    }

    private bool Residual(NodeProto node, string value)
    {
        if (node.OpType != "Add" || node.Input.Count != 2 || node.Input[0] == node.Input[1])
            return false;
        string other = node.Input[0] == value ? node.Input[1] : node.Input[0];
        if (graph.IsConstant(other) || graph.Shape(value) is not { } shape || graph.Shape(other) is not { } otherShape
            || !shape.AsSpan().SequenceEqual(otherShape))
            return false;
        Addend = other;
        return true;
    }

    private bool Activation(NodeProto node)
    {
        int number = Array.IndexOf(Activations, node.OpType);
        if (number <= 0)
            return false;
        float alpha = NodeAttribute.Number(node, "alpha", node.OpType == "LeakyRelu" ? 0.01f : 0.2f);
        float beta = NodeAttribute.Number(node, "beta", 0.5f);
        if (node.OpType == "Clip")
        {
            if (Bound(node, 1, "min", float.MinValue) is not { } least || Bound(node, 2, "max", float.MaxValue) is not { } most)
                return false;
            // With bounds that cross ONNX takes the upper one everywhere.
            if (!(least <= most))
                return false;
            (alpha, beta) = (least, most);
        }
        Attributes.Add(NodeAttribute.Of("activation", number));
        Attributes.Add(NodeAttribute.Of("alpha", alpha));
        Attributes.Add(NodeAttribute.Of("beta", beta));
        return true;
    }

    // Bounds are attributes before opset 11 and inputs since.
    private float? Bound(NodeProto node, int input, string attribute, float absent)
    {
        if (node.Input.Count > input && node.Input[input].Length > 0)
            return graph.Constant(node.Input[input]) is { Values: [var bound] } ? bound : null;
        return NodeAttribute.Number(node, attribute, absent);
    }
}
