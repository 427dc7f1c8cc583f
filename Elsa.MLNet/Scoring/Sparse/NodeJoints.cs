using Elsa.MLNet.Onnx;
using Elsa.MLNet.Operators;
using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>What our nodes can spare where one reads what another writes.</summary>
/// <param name="graph">The level's graph, still with the nodes that are replaced.</param>
/// <param name="made">The layers with our nodes, which are changed.</param>
internal sealed class NodeJoints(GraphProto graph, IReadOnlyDictionary<MaskedLayer, NodeProto> made)
{
    private readonly LoweredGraph _before = new(graph, new Dictionary<string, long[]>());

    /// <summary>
    /// A matrix that only another sparse product reads is handed over with a vector per column, as tiles compute and read
    /// it: neither side transposes it.
    /// </summary>
    /// <param name="isTiled">Whether tiles multiply a matrix with a row per row of a batch.</param>
    public void HandOver(bool isTiled)
    {
        long least = isTiled ? 1 : SparseMatMulOperator.MostVectorsWithoutTiles + 1;
        var tiled = made
            .Where(pair => pair.Key.Kernel == ElsaLayerKernel.Sparse && pair.Key.MatrixRows >= least).ToList();
        foreach (var (_, writer) in tiled.Where(pair => pair.Value.Input.Count == 3))
        {
            string matrix = writer.Output[0];
            var (layer, reader) = tiled.FirstOrDefault(pair => pair.Value.Input[0] == matrix);
            if (layer is null || _before.OnlyUser(matrix) is not { } user || !layer.Replaced.Contains(user))
                continue;
            writer.Attribute.Add(NodeAttribute.Of("trans_y", 1));
            reader.Attribute.First(attribute => attribute.Name == "trans_x").I = 1;
            // It would tell the shape of the other way round.
            Forget(matrix);
        }
    }

    /// <summary>Sparse convolutions whose channels only a Concat puts together write them there themselves.</summary>
    /// <returns>Places of the Concats that are spared.</returns>
    public IReadOnlyList<int> Join()
    {
        var writers = made.Where(pair => pair.Value is { OpType: "SparseConv", Input.Count: 3 })
            .ToDictionary(pair => pair.Value.Output[0], pair => pair.Key, StringComparer.Ordinal);
        var spared = new List<int>();
        for (int place = 0; place < graph.Node.Count; place++)
        {
            var node = graph.Node[place];
            if (node.OpType != "Concat" || !LoweredGraph.IsOnnx(node)
                || !node.Input.All(input => writers.ContainsKey(input) && _before.OnlyUser(input) == place))
                continue;
            List<MaskedLayer> parts = [.. node.Input.Select(input => writers[input])];
            int rank = 2 + NodeAttribute.Wholes(parts[0].Node, "kernel_shape")!.Length;
            if (NodeAttribute.Whole(node, "axis", 0) is var axis && axis != 1 && axis != 1 - rank)
                continue;
            Join(parts, node.Output[0]);
            spared.Add(place);
        }
        return spared;
    }

    /// <summary>Pools of what our nodes give, by our kernel: ONNX Runtime's is slow unless its own convolutions are beside
    /// it. A maximum has no rounding, so it is the same. A sparse convolution that nothing else reads takes the pool up.
    /// </summary>
    /// <returns>Places of the pools, and our nodes; null where the convolution's is both.</returns>
    public IEnumerable<(int Place, NodeProto? Node)> Pools()
    {
        var ours = made.Values.ToDictionary(node => node.Output[0], StringComparer.Ordinal);
        for (int place = 0; place < graph.Node.Count; place++)
        {
            var node = graph.Node[place];
            if (node.OpType != "MaxPool" || !LoweredGraph.IsOnnx(node) || !ours.TryGetValue(node.Input[0], out var giver)
                || node.Output.Skip(1).Any(name => name.Length > 0)
                || NodeAttribute.Wholes(node, "kernel_shape") is not { Length: 1 or 2 } kernel
                || LoweredWindow.Attributes(node, kernel) is not { } attributes || LoweredWindow.IgnoresDilations(node))
                continue;
            if (giver is { OpType: "SparseConv", Input.Count: 3 } && _before.OnlyUser(node.Input[0]) == place
                && NodeAttribute.Find(giver, "channels") is null
                && NodeAttribute.Wholes(giver, "kernel_shape")!.Length == kernel.Length)
            {
                giver.OpType = "SparseConvPool";
                foreach (var attribute in attributes)
                    attribute.Name = $"pool_{attribute.Name}";
                giver.Attribute.Add(attributes);
                Forget(node.Input[0]);
                giver.Output[0] = node.Output[0];
                ours.Add(node.Output[0], giver);
                yield return (place, null);
                continue;
            }
            var pool = new NodeProto
            {
                Name = $"{ElsaOperators.Domain}/{node.Output[0]}",
                Domain = ElsaOperators.Domain,
                OpType = "MaxPool",
                Input = { node.Input[0] },
                Output = { node.Output[0] },
            };
            pool.Attribute.Add(attributes);
            ours.Add(node.Output[0], pool);
            yield return (place, pool);
        }
    }

    private void Join(List<MaskedLayer> parts, string whole)
    {
        int channels = parts.Sum(part => part.Layout.Rows), first = 0;
        foreach (var part in parts)
        {
            made[part].Attribute.Add(NodeAttribute.Of("channels", channels));
            made[part].Attribute.Add(NodeAttribute.Of("first_channel", first));
            first += part.Layout.Rows;
        }
        // As they are computed, each gives on what it and those before have written.
        string? before = null;
        foreach (var part in parts.OrderBy(part => part.Replaced.Max()))
        {
            var node = made[part];
            if (before is not null)
            {
                while (node.Input.Count < ElsaOperator.Into)
                    node.Input.Add("");
                node.Input.Add(before);
            }
            Forget(node.Output[0]);
            before = node.Output[0];
        }
        made[parts.MaxBy(part => part.Replaced.Max())!].Output[0] = whole;
    }

    private void Forget(string value)
    {
        if (graph.ValueInfo.FirstOrDefault(info => info.Name == value) is { } told)
            graph.ValueInfo.Remove(told);
    }
}
