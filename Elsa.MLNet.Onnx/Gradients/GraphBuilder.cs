using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Appends nodes to a graph, in the forms of opset 18 and later. Every method gives the name of the value it makes;
/// constants of equal content are made once.
/// </summary>
/// <param name="graph">The graph that grows.</param>
/// <param name="prefix">Begins every name that is made; no name of the graph may begin with it.</param>
internal sealed class GraphBuilder(GraphProto graph, string prefix)
{
    /// <summary>The domain of the operators of this project.</summary>
    public const string ElsaDomain = "ai.elsa";

    /// <summary>The first opset whose forms are written here: reductions take their axes as an input.</summary>
    public const int MinimumOpset = 18;

    readonly Dictionary<string, string> _constants = new(StringComparer.Ordinal);
    int _count;

    public GraphProto Graph => graph;

    /// <summary>Appends a node of the standard domain with one output.</summary>
    public string Node(string operatorType, IEnumerable<string> inputs,
        params ReadOnlySpan<AttributeProto> attributes) =>
        Nodes(operatorType, "", inputs, 1, attributes)[0];

    /// <summary>Appends a node of this project's domain with one output.</summary>
    public string ElsaNode(string operatorType, IEnumerable<string> inputs,
        params ReadOnlySpan<AttributeProto> attributes) =>
        Nodes(operatorType, ElsaDomain, inputs, 1, attributes)[0];

    /// <summary>Appends a node with several outputs.</summary>
    public string[] Nodes(string operatorType, string domain, IEnumerable<string> inputs, int outputs,
        params ReadOnlySpan<AttributeProto> attributes)
    {
        var names = new string[outputs];
        for (var index = 0; index < outputs; index++) names[index] = Name(operatorType);
        Append(operatorType, domain, inputs, names, attributes);
        return names;
    }

    /// <summary>Appends a node whose outputs have names already.</summary>
    public void Append(string operatorType, string domain, IEnumerable<string> inputs, IEnumerable<string> outputs,
        params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = operatorType, Domain = domain };
        node.Input.Add(inputs);
        node.Output.Add(outputs);
        node.Name = node.Output[0] + "/node";
        foreach (var attribute in attributes) node.Attribute.Add(attribute);
        graph.Node.Add(node);
    }

    /// <summary>A name that nothing has yet.</summary>
    public string Name(string what) => $"{prefix}{what}_{_count++}";

    /// <summary>A constant vector of int64, e.g. axes or a shape.</summary>
    public string Wholes(params ReadOnlySpan<long> values) =>
        Constant(DataType.Int64, [values.Length], MemoryMarshal.AsBytes(values));

    /// <summary>A constant int64 without dimensions.</summary>
    public string Whole(long value) => Constant(DataType.Int64, [], MemoryMarshal.AsBytes<long>([value]));

    /// <summary>A constant without dimensions, of float32 or double.</summary>
    public string Number(double value, DataType type = DataType.Float) => type == DataType.Double
        ? Constant(type, [], MemoryMarshal.AsBytes<double>([value]))
        : Constant(DataType.Float, [], MemoryMarshal.AsBytes<float>([(float)value]));

    /// <summary>A constant tensor of float32.</summary>
    public string Numbers(ReadOnlySpan<float> values, params long[] dimensions) =>
        Constant(DataType.Float, dimensions, MemoryMarshal.AsBytes(values));

    /// <summary>A constant.</summary>
    /// <param name="type">Element type.</param>
    /// <param name="dimensions">Shape; none for a scalar.</param>
    /// <param name="bytes">The elements, little-endian in row-major order.</param>
    public string Constant(DataType type, long[] dimensions, ReadOnlySpan<byte> bytes)
    {
        var key = $"{type}[{string.Join(',', dimensions)}]{ContentHash.Of(bytes)}";
        if (_constants.TryGetValue(key, out var known)) return known;
        var tensor = new TensorProto { Name = Name("constant"), DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.Add(dimensions);
        graph.Initializer.Add(tensor);
        return _constants[key] = tensor.Name;
    }

    public string Add(string left, string right) => Node("Add", [left, right]);

    public string Sub(string left, string right) => Node("Sub", [left, right]);

    public string Mul(string left, string right) => Node("Mul", [left, right]);

    public string Div(string left, string right) => Node("Div", [left, right]);

    public string Neg(string value) => Node("Neg", [value]);

    /// <summary>Per element <paramref name="yes"/> where the condition holds and <paramref name="no"/>
    /// elsewhere.</summary>
    public string Where(string condition, string yes, string no) => Node("Where", [condition, yes, no]);

    public string MatMul(string left, string right) => Node("MatMul", [left, right]);

    public string Reshape(string value, params ReadOnlySpan<long> dimensions) =>
        Node("Reshape", [value, Wholes(dimensions)], NodeAttribute.Of("allowzero", 1));

    public string Transpose(string value, params IEnumerable<long> permutation) =>
        Node("Transpose", [value], NodeAttribute.Of("perm", permutation));

    public string Cast(string value, DataType type) => Node("Cast", [value], NodeAttribute.Of("to", (long)type));

    public string Expand(string value, params ReadOnlySpan<long> dimensions) =>
        Node("Expand", [value, Wholes(dimensions)]);

    /// <summary>A reduction, e.g. ReduceSum, over the axes; no axes leave the value as it is.</summary>
    public string Reduce(string operatorType, string value, ReadOnlySpan<long> axes, bool keepDimensions) =>
        Node(operatorType, [value, Wholes(axes)], NodeAttribute.Of("keepdims", keepDimensions ? 1L : 0),
            NodeAttribute.Of("noop_with_empty_axes", 1));

    public string Sum(string value, ReadOnlySpan<long> axes, bool keepDimensions) =>
        Reduce("ReduceSum", value, axes, keepDimensions);

    /// <summary>A tensor of zeros, made when the graph runs.</summary>
    public string Zeros(DataType type, params ReadOnlySpan<long> dimensions) => Expand(Number(0, type), dimensions);

    /// <summary>A part of a value; steps are 1 if none are given.</summary>
    public string Slice(string value, ReadOnlySpan<long> starts, ReadOnlySpan<long> ends, ReadOnlySpan<long> axes,
        ReadOnlySpan<long> steps = default) => Node("Slice", steps.IsEmpty
            ? [value, Wholes(starts), Wholes(ends), Wholes(axes)]
            : [value, Wholes(starts), Wholes(ends), Wholes(axes), Wholes(steps)]);

    /// <summary>The value with borders of 0 on all axes, in whose place negative sizes cut; the value itself if all are
    /// 0.</summary>
    public string Pad(string value, long[] begins, long[] ends) => begins.Concat(ends).All(size => size == 0)
        ? value : Node("Pad", [value, Wholes([.. begins, .. ends])]);
}
