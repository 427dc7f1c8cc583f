using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Operators;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>
/// Finds the Gemm, MatMul and Conv nodes of a level's graph whose weight is masked, and puts nodes of our domain in place
/// of some. Ensures: the graph computes the same, up to the order of sums; by sparse nodes zeros times infinite or NaN
/// values count as 0.
/// </summary>
internal sealed class LayerLowering
{
    /// <summary>Most floats of the lines of an image, see <see cref="Kernels.Sparse.TapLines"/>: a gibibyte.</summary>
    private const long MostLines = 1 << 28;

    private readonly ModelProto _model;
    private readonly LoweredGraph _graph;
    private readonly HashSet<int> _taken = [];

    private LayerLowering(ModelProto model, IReadOnlyDictionary<string, long[]> shapes)
    {
        _model = model;
        _graph = new LoweredGraph(model.Graph, shapes);
    }

    /// <summary>The layers of masked tensors, with what replaces them or why nothing does.</summary>
    /// <param name="model">An extracted level; not changed.</param>
    /// <param name="masked">Names of the masked tensors.</param>
    /// <param name="shapes">Shapes of the values of a run.</param>
    public static IReadOnlyList<MaskedLayer> Find(
        ModelProto model, IEnumerable<string> masked, IReadOnlyDictionary<string, long[]> shapes)
    {
        var lowering = new LayerLowering(model, shapes);
        var order = new List<(int Index, string Weight)>();
        var layers = new List<MaskedLayer>();
        foreach (string weight in masked)
        {
            var users = lowering._graph.Users(weight);
            order.AddRange(users.Select(index => (index, weight)));
            if (users.Count == 0)
            {
                layers.Add(new MaskedLayer
                {
                    Name = weight,
                    Operator = "",
                    Weight = weight,
                    Reason = "no node of the main graph uses the weight",
                });
            }
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, weight) in order.Order())
        {
            var layer = lowering.Layer(index, weight);
            // A node without a name is called as its output, which may be another node's name.
            layers.Add(names.Add(layer.Name) ? layer : layer with { Name = $"{layer.Name} ({index}, {weight})" });
        }
        return layers;
    }

    /// <summary>A model in which our kernels run some layers.</summary>
    /// <param name="model">The level that the layers were found in; not changed.</param>
    /// <param name="layers">Layers to replace, each in the way that it is to run.</param>
    /// <param name="level">The level.</param>
    /// <param name="threads">Threads that a node's work is divided for.</param>
    /// <param name="handle">The pack of a layout.</param>
    /// <param name="isTiled">Whether tiles multiply a matrix with a row per row of a batch.</param>
    public static ModelProto Apply(
        ModelProto model, IReadOnlyCollection<MaskedLayer> layers, int level, int threads,
        Func<PackLayout, long> handle, bool isTiled)
    {
        var changed = model.Clone();
        var nodes = changed.Graph.Node.ToArray();
        var candidates = layers.SelectMany(layer => layer.Replaced).SelectMany(index => nodes[index].Input)
            .ToHashSet(StringComparer.Ordinal);
        var replaced = layers.SelectMany(layer => layer.Replaced).ToHashSet();
        var made = layers.ToDictionary(layer => layer, layer => Node(layer, level, threads, handle));
        var joints = new NodeJoints(changed.Graph, made);
        joints.HandOver(isTiled);
        replaced.UnionWith(joints.Join());
        // Our node stands where the last of its nodes stood: there all its inputs have been computed.
        var byPlace = made.ToDictionary(pair => pair.Key.Replaced.Max(), pair => pair.Value);
        foreach (var (place, node) in joints.Pools())
        {
            if (node is null)
                replaced.Add(place);
            else
                byPlace.Add(place, node);
        }
        changed.Graph.Node.Clear();
        for (int index = 0; index < nodes.Length; index++)
        {
            if (byPlace.TryGetValue(index, out var node))
                changed.Graph.Node.Add(node);
            else if (!replaced.Contains(index))
                changed.Graph.Node.Add(nodes[index]);
        }
        changed.Graph.Initializer.Add(layers.SelectMany(layer => layer.Parameters));
        Drop(changed.Graph, candidates);
        if (layers.Count > 0)
            changed.OpsetImport.Add(new OperatorSetIdProto { Domain = ElsaOperators.Domain, Version = 1 });
        changed.IrVersion = Math.Max(changed.IrVersion, 4);
        return changed;
    }

    private static NodeProto Node(MaskedLayer layer, int level, int threads, Func<PackLayout, long> handle)
    {
        var node = layer.Node.Clone();
        if (layer.Kernel != ElsaLayerKernel.Sparse)
            return node;
        node.Attribute.Add(NodeAttribute.Of("pack", handle(layer.Layout)));
        node.Attribute.Add(NodeAttribute.Of("level", level));
        node.Attribute.Add(NodeAttribute.Of("threads", threads));
        return node;
    }

    private static void Drop(GraphProto graph, HashSet<string> candidates)
    {
        foreach (var scope in GraphScope.All(graph))
        {
            foreach (var node in scope.Graph.Node)
                candidates.ExceptWith(node.Input);
            candidates.ExceptWith(scope.Graph.Output.Select(output => output.Name));
        }
        foreach (var tensor in graph.Initializer.Where(tensor => candidates.Contains(tensor.Name)).ToList())
        {
            graph.Initializer.Remove(tensor);
            if (graph.Input.FirstOrDefault(input => input.Name == tensor.Name) is { } input)
                graph.Input.Remove(input);
        }
    }

    private MaskedLayer Layer(int index, string weight)
    {
        var node = _model.Graph.Node[index];
        var layer = new MaskedLayer { Name = GraphScope.NameOf(node), Operator = node.OpType, Weight = weight };
        if (_graph.Tensor(weight) is not { } tensor || tensor.DataType != (int)DataType.Float)
            return layer with { Reason = "the weight is not float32" };
        return (node.OpType, LoweredGraph.IsOnnx(node)) switch
        {
            ("Conv", true) => Conv(layer, node, index, tensor),
            ("MatMul" or "Gemm", true) => Product(layer, node, index, tensor),
            _ => layer with { Reason = $"{node.OpType} has no sparse operator" },
        };
    }

    private MaskedLayer Conv(MaskedLayer layer, NodeProto node, int index, TensorProto weight)
    {
        if (node.Input[1] != layer.Weight || node.Input[0] == layer.Weight)
            return layer with { Reason = "the weight is not the convolution's second input" };
        if (_graph.IsConstant(node.Input[0]))
            return layer with { Reason = "its input is a constant" };
        if (weight.Dims.Count is not (3 or 4))
            return layer with { Reason = $"a convolution with weights of {weight.Dims.Count} dimensions" };
        int groups = checked((int)NodeAttribute.Whole(node, "group", 1));
        if (groups > 1 && weight.Dims[1] == 1)
            return layer with { Reason = "a depthwise convolution" };
        int rows = checked((int)weight.Dims[0]);
        int columns = checked((int)weight.Dims.Skip(1).Aggregate(1L, (product, size) => product * size));
        var fusion = new LayerFusion(_graph, rows, weight.Dims.Count - 2, weight.Dims.Count);
        if (node.Input.Count > 2 && node.Input[2].Length > 0)
        {
            if (_graph.PerChannel(node.Input[2], 0, rows, 1) is not { } bias)
                return layer with { Reason = "the bias is computed" };
            fusion.Add(bias);
        }
        if (Lines(node, weight, groups) > MostLines)
            return layer with { Reason = "the lines that its taps read would take more than a gibibyte for an image" };
        if (LoweredWindow.Attributes(node, [.. weight.Dims.Skip(2)]) is not { } attributes)
            return layer with { Reason = "the convolution's auto_pad is unknown, or leaves gaps between windows" };
        var sparse = Lowered(layer, "SparseConv", node.Input[0], node.Output[0], index, fusion, attributes,
            new PackLayout(layer.Weight, rows, columns, groups, Transposed: false));
        return sparse.Reason is null && DenseConvOperator.Pays(node, weight)
            ? sparse with { Winograd = Winograd(sparse) }
            : sparse;
    }

    /// <summary>Floats of an image's lines; 0 if its shape is not known. A long window over a long signal has a copy of the
    /// signal for each of its taps.</summary>
    private long Lines(NodeProto conv, TensorProto weight, int groups)
    {
        if (_graph.Shape(conv.Output[0]) is not { } output)
            return 0;
        long row = weight.Dims[1] * groups * weight.Dims[^1] * output[^1];
        if (weight.Dims.Count == 3)
            return row;
        long taps = weight.Dims[2], stride = NodeAttribute.Wholes(conv, "strides")?[0] ?? 1;
        long reach = (taps - 1) * (NodeAttribute.Wholes(conv, "dilations")?[0] ?? 1) / stride;
        return row * Math.Min(taps, stride) * (output[2] + reach);
    }

    private static MaskedLayer Winograd(MaskedLayer sparse)
    {
        var node = sparse.Node.Clone();
        node.OpType = "DenseConv";
        node.Input.Insert(1, sparse.Weight);
        return sparse with { Kernel = ElsaLayerKernel.Winograd, Node = node };
    }

    private MaskedLayer Product(MaskedLayer layer, NodeProto node, int index, TensorProto weight)
    {
        bool left = node.Input[0] == layer.Weight, gemm = node.OpType == "Gemm";
        if (weight.Dims.Count != 2 || node.Input[0] == node.Input[1] || node.Input.Skip(2).Contains(layer.Weight))
            return layer with { Reason = "the weight is not a matrix that is one of the two factors" };
        if (_graph.Shape(node.Output[0]) is not { } output)
            return layer with { Reason = "its output's shape is not known" };
        if (output.Length == 0)
            return layer with { Reason = "the product is a single number" };
        if (left && output.Length == 1)
            return layer with { Reason = "a matrix times a vector" };
        string x = node.Input[left ? 1 : 0];
        if (_graph.IsConstant(x))
            return layer with { Reason = "both factors are constants" };
        if (Math.Max(output.Length, _graph.Shape(x)?.Length ?? 0) > OperatorTensor.MaximumRank)
            return layer with { Reason = $"a product of more than {OperatorTensor.MaximumRank} dimensions" };
        bool weightTransposed = gemm && NodeAttribute.Whole(node, left ? "transA" : "transB", 0) != 0;
        bool xTransposed = gemm && NodeAttribute.Whole(node, left ? "transB" : "transA", 0) != 0;
        // The pack has a row per output: [outputs, inputs]. That is the left factor, or the right one transposed.
        bool turned = left == weightTransposed;
        var (rows, columns) = checked(((int)weight.Dims[turned ? 1 : 0], (int)weight.Dims[turned ? 0 : 1]));
        var fusion = new LayerFusion(_graph, rows, left ? 1 : 0, output.Length);
        if (gemm)
        {
            if (node.Input.Count > 2 && node.Input[2].Length > 0)
            {
                if (_graph.PerChannel(node.Input[2], left ? 1 : 0, rows, 2) is not { } bias)
                    return layer with { Reason = "the bias is not a constant with a value per output" };
                float alpha = NodeAttribute.Number(node, "alpha", 1), beta = NodeAttribute.Number(node, "beta", 1);
                Scale(fusion, alpha, rows);
                fusion.Add([.. bias.Select(value => beta * value)]);
            }
            else
            {
                Scale(fusion, NodeAttribute.Number(node, "alpha", 1), rows);
            }
        }
        bool isMatrix = !left && !xTransposed && output.Length == 2;
        return Lowered(layer with { MatrixRows = isMatrix ? output[0] : 0 }, "SparseMatMul", x, node.Output[0], index, fusion,
            [NodeAttribute.Of("weight_left", left ? 1 : 0), NodeAttribute.Of("trans_x", xTransposed ? 1 : 0)],
            new PackLayout(layer.Weight, rows, columns, 1, turned));
    }

    private static void Scale(LayerFusion fusion, float alpha, int rows)
    {
        if (alpha != 1)
            fusion.Multiply([.. Enumerable.Repeat(alpha, rows)]);
    }

    private MaskedLayer Lowered(MaskedLayer layer, string op, string x, string output, int index, LayerFusion fusion,
        IEnumerable<AttributeProto> attributes, PackLayout layout)
    {
        if (_graph.Tensor(layer.Weight) is null || layout.Rows == 0 || layout.Columns == 0)
            return layer with { Reason = "the weight is empty" };
        string result = fusion.Follow(output, _taken);
        var parameters = new List<TensorProto>();
        string scale = Parameter("scale", fusion.Scale), shift = Parameter("shift", fusion.Shift);
        var node = new NodeProto
        {
            Name = $"{ElsaOperators.Domain}/{result}",
            Domain = ElsaOperators.Domain,
            OpType = op,
            Input = { x, scale, shift },
            Output = { result },
        };
        if (fusion.Addend is { } addend)
            node.Input.Add(addend);
        node.Attribute.Add(attributes.Concat(fusion.Attributes).Select(attribute => attribute.Clone()));
        return layer with
        {
            Node = node,
            Values = [.. new[] { x }.Concat(node.Input.Skip(3)).Distinct(StringComparer.Ordinal)],
            Layout = layout,
            Parameters = parameters,
            Replaced = [index, .. fusion.Nodes],
        };

        string Parameter(string role, float[]? values)
        {
            if (values is null)
                return "";
            string name = $"elsa_{role}/{output}";
            parameters.Add(new TensorProto
            {
                Name = name,
                DataType = (int)DataType.Float,
                Dims = { values.Length },
                RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)),
            });
            return name;
        }
    }
}
