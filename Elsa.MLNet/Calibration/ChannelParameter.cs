using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Calibration;

/// <summary>A place of the graph whose per-channel parameters follow the masks.</summary>
/// <param name="Node">BatchNormalization, or the node whose output the bias is part of.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="ChannelsLast">Whether channels are the last axis of the output; else they are axis 1.</param>
/// <param name="Mean">For BatchNormalization the initializer of the means, else null.</param>
/// <param name="Variance">For BatchNormalization the initializer of the variances, else null.</param>
/// <param name="Bias">For a masked layer the initializer of the bias, else null.</param>
/// <param name="Type">Element type of the parameters and of the channels' values.</param>
internal sealed record ChannelParameter(
    NodeProto Node, int Channels, bool ChannelsLast, string? Mean, string? Variance, string? Bias, DataType Type)
{
    private static readonly HashSet<string> Linear =
    [
        "Add", "AveragePool", "Concat", "Dropout", "Flatten", "GlobalAveragePool", "Identity", "ReduceMean", "ReduceSum", "Reshape",
        "Slice", "Squeeze", "Sub", "Sum", "Transpose", "Unsqueeze",
    ];

    public bool IsNormalization => Mean is not null;

    /// <summary>Whether the channel becomes a number of the model's output without an activation on its way, so that its
    /// mean is to stay.</summary>
    public bool IsNumber { get; init; }

    /// <summary>
    /// BatchNormalization nodes of the main graph, and masked Conv, ConvTranspose, Gemm and MatMul + Add with a bias that
    /// no BatchNormalization follows. Parameters must be float32, float16 or double initializers that nothing
    /// else uses.
    /// </summary>
    /// <param name="model">A level.</param>
    /// <param name="masks">Masks of its weights.</param>
    /// <param name="numbers">Outputs of the model that are numbers, as of a regression, and not scores of classes.</param>
    public static List<ChannelParameter> Find(ModelProto model, NestedMasks masks, IReadOnlySet<string> numbers)
    {
        var graph = model.Graph;
        var tensors = graph.Initializer.GroupBy(tensor => tensor.Name).Where(group => group.Count() == 1).ToDictionary(group => group.Key, group => group.Single());
        var users = graph.Node.SelectMany(node => node.Input.Select(input => (input, node))).ToLookup(use => use.input, use => use.node);
        var found = new List<ChannelParameter>();
        foreach (var node in graph.Node.Where(node => node.Domain is "" or "ai.onnx"))
        {
            if (node.OpType == "BatchNormalization")
            {
                if (IsOwn(node, 3, out var channels) && IsOwn(node, 4, out _) && !IsTraining(node)
                    && node.Input.Skip(1).All(input => tensors.TryGetValue(input, out var tensor) && tensor.DataType == (int)TypeOf(node.Input[3])))
                    found.Add(new ChannelParameter(node, channels, false, node.Input[3], node.Input[4], null, TypeOf(node.Input[3])));
                continue;
            }
            if (!node.Input.Take(2).Any(input => masks.TryGet(input, out _)) || FollowedByNormalization(node)) continue;
            if (node.OpType is "Conv" or "ConvTranspose" && IsOwn(node, 2, out var filters))
                found.Add(new ChannelParameter(node, filters, false, null, null, node.Input[2], TypeOf(node.Input[2])));
            else if (node.OpType == "Gemm" && IsOwn(node, 2, out var units) && Attribute(node, "beta") is null or { F: 1 })
                found.Add(new ChannelParameter(node, units, true, null, null, node.Input[2], TypeOf(node.Input[2])));
            else if (node.OpType == "MatMul" && users[node.Output[0]].ToList() is [{ OpType: "Add" } add])
                for (var index = 0; index < 2; index++)
                    if (add.Input[index] != node.Output[0] && IsOwn(add, index, out var width) && !FollowedByNormalization(add)
                        && tensors[add.Input[index]].Dims.SkipLast(1).All(dimension => dimension == 1))
                        found.Add(new ChannelParameter(add, width, true, null, null, add.Input[index], TypeOf(add.Input[index])));
        }
        var becomesNumber = new Dictionary<string, bool>(StringComparer.Ordinal);
        return [.. found.Select(place => place with { IsNumber = !place.IsNormalization && BecomesNumber(place.Node.Output[0]) })];

        // On every way to an output nothing but sums, means, constant factors and other shapes.
        bool BecomesNumber(string value)
        {
            if (becomesNumber.TryGetValue(value, out var known)) return known;
            var isOutput = graph.Output.Any(output => output.Name == value);
            var readers = users[value].ToList();
            var becomes = (isOutput ? numbers.Contains(value) : readers.Count > 0)
                && readers.All(reader => IsLinear(reader, value) && BecomesNumber(reader.Output[0]));
            return becomesNumber[value] = becomes;
        }

        bool IsLinear(NodeProto node, string value) => node.Domain is "" or "ai.onnx" && (Linear.Contains(node.OpType)
            || (node.OpType is "Mul" or "Div" && node.Input[0] == value && tensors.ContainsKey(node.Input[1]))
            || (node.OpType == "Mul" && node.Input[1] == value && tensors.ContainsKey(node.Input[0])));

        bool IsOwn(NodeProto node, int index, out int channels)
        {
            channels = 0;
            if (node.Input.Count <= index || !tensors.TryGetValue(node.Input[index], out var tensor)
                || !TensorElements.IsFloating((DataType)tensor.DataType) || users[tensor.Name].Count() != 1
                || graph.Output.Any(output => output.Name == tensor.Name)) return false;
            channels = (int)TensorBytes.ElementCount(tensor);
            return channels > 0 && channels == tensor.Dims.LastOrDefault();
        }

        DataType TypeOf(string name) => (DataType)tensors[name].DataType;
        bool FollowedByNormalization(NodeProto node) => users[node.Output[0]].Any(user => user.OpType == "BatchNormalization");
        bool IsTraining(NodeProto node) => Attribute(node, "training_mode") is { I: 1 };
    }

    private static AttributeProto? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);
}
