using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>What the lowering asks of a graph: constants, who uses a value, and the shapes of one run.</summary>
internal sealed class LoweredGraph
{
    private readonly Dictionary<string, TensorProto> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<int>> _users = new(StringComparer.Ordinal);
    private readonly HashSet<string> _otherConstants = new(StringComparer.Ordinal);
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, long[]> _shapes;

    public LoweredGraph(GraphProto graph, IReadOnlyDictionary<string, long[]> shapes)
    {
        Graph = graph;
        _shapes = shapes;
        foreach (var tensor in graph.Initializer)
            _constants.TryAdd(tensor.Name, tensor);
        for (int index = 0; index < graph.Node.Count; index++)
        {
            var node = graph.Node[index];
            if (node.OpType == "Constant" && IsOnnx(node))
            {
                if (NodeAttribute.Find(node, "value")?.T is { } value)
                    _constants.TryAdd(node.Output[0], value);
                else
                    _otherConstants.Add(node.Output[0]);
            }
            foreach (string input in node.Input)
            {
                if (!_users.TryGetValue(input, out var users))
                    _users[input] = users = [];
                users.Add(index);
            }
        }
        _kept.UnionWith(graph.Output.Select(output => output.Name));
        // A subgraph sees the names around it.
        foreach (var scope in GraphScope.All(graph).Where(scope => scope.Outer is not null))
        {
            _kept.UnionWith(scope.Graph.Node.SelectMany(node => node.Input));
            _kept.UnionWith(scope.Graph.Output.Select(output => output.Name));
        }
    }

    public GraphProto Graph { get; }

    public static bool IsOnnx(NodeProto node) => node.Domain is "" or "ai.onnx";

    public bool IsConstant(string name) => _constants.ContainsKey(name) || _otherConstants.Contains(name);

    /// <summary>A constant of float32 and its shape; null if it is not one.</summary>
    public (float[] Values, long[] Shape)? Constant(string name) =>
        _constants.TryGetValue(name, out var tensor) && tensor.DataType == (int)DataType.Float
            ? (MemoryMarshal.Cast<byte, float>(TensorBytes.Read(tensor, null).Span).ToArray(), [.. tensor.Dims])
            : null;

    public TensorProto? Tensor(string name) => _constants.GetValueOrDefault(name);

    public long[]? Shape(string name) => _shapes.GetValueOrDefault(name);

    public IReadOnlyList<int> Users(string name) => _users.TryGetValue(name, out var users) ? users : [];

    /// <summary>The only node that reads the value, if nothing else does.</summary>
    public int? OnlyUser(string name) =>
        !_kept.Contains(name) && _users.TryGetValue(name, out var users) && users.Count == 1 ? users[0] : null;

    /// <summary>A value per channel, if the constant has the same or one for each along an axis of values of a rank.</summary>
    public float[]? PerChannel(string name, int axisFromEnd, int channels, int rank)
    {
        if (Constant(name) is not { } constant || constant.Shape.Length > rank)
            return null;
        if (constant.Values.Length == 1)
            return [.. Enumerable.Repeat(constant.Values[0], channels)];
        int axis = constant.Shape.Length - 1 - axisFromEnd;
        return axis >= 0 && constant.Values.Length == channels && constant.Shape[axis] == channels ? constant.Values : null;
    }
}
