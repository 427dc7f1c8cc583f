using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// Opens a model made for one row to any number of rows: the first dimension of input and outputs becomes symbolic,
/// declared shapes in between are dropped, and a Reshape of the data to [1, ...] keeps the number of rows instead. The
/// result is a proposal: only running it tells whether other operators rely on the single row.
/// </summary>
internal static class FreeBatch
{
    private const string Symbol = "elsa_batch";

    /// <summary>A rewritten copy; <paramref name="model"/> is not changed.</summary>
    public static ModelProto Apply(ModelProto model, string inputName)
    {
        var copy = model.Clone();
        var graph = copy.Graph;
        Open(graph.Input.Single(i => i.Name == inputName));
        foreach (var output in graph.Output)
            Open(output);
        graph.ValueInfo.Clear();

        foreach (var reshape in DataNodes(graph, inputName).Where(n => n.OpType == "Reshape").ToArray())
            KeepRows(copy, reshape);
        return copy;
    }

    private static void Open(ValueInfoProto value)
    {
        if (value.Type?.TensorType?.Shape?.Dim is [{ DimValue: 1 } first, ..])
            first.DimParam = Symbol;
    }

    /// <summary>The nodes that the input reaches; what they make of weights alone has no rows.</summary>
    private static IEnumerable<NodeProto> DataNodes(GraphProto graph, string inputName)
    {
        var data = new HashSet<string>(StringComparer.Ordinal) { inputName };
        foreach (var node in graph.Node)
        {
            if (node.Input.Any(data.Contains))
            {
                data.UnionWith(node.Output);
                yield return node;
            }
        }
    }

    private static void KeepRows(ModelProto model, NodeProto reshape)
    {
        if (reshape.Input.Count == 1)
        {
            if (reshape.Attribute.FirstOrDefault(a => a.Name == "shape") is { } attribute
                && Opened(attribute.Ints) is { } ints)
            {
                attribute.Ints.Clear();
                attribute.Ints.Add(ints);
            }
            return;
        }
        bool zeroIsCopy = reshape.Attribute.FirstOrDefault(a => a.Name == "allowzero") is not { I: not 0 };
        if (ReshapeTarget.Find(model.Graph, reshape.Input[1]) is { } target && Opened(target, zeroIsCopy) is { } opened)
            ReshapeTarget.Replace(model, reshape, opened);
    }

    /// <summary>
    /// The target with its leading 1 as -1, or as 0 (the data's own first dimension) when -1 is taken.
    /// </summary>
    private static long[]? Opened(IReadOnlyList<long> target, bool zeroIsCopy = true)
    {
        if (target is not [1, ..])
            return null;
        bool taken = target.Contains(-1);
        return taken && !zeroIsCopy ? null : [taken ? 0 : -1, .. target.Skip(1)];
    }
}
