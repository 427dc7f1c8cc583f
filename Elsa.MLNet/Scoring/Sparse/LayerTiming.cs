using Elsa.MLNet.Onnx;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>Times one layer alone, in all its ways: models of nothing else, on random values of its shapes.</summary>
internal static class LayerTiming
{
    /// <summary>Medians, and how many times faster than ONNX Runtime's kernel each way is.</summary>
    /// <param name="model">The level that the layer is of.</param>
    /// <param name="ways">The layer's ways at the level, at least one.</param>
    /// <param name="shapes">Shapes of the layer's <see cref="MaskedLayer.Values"/>.</param>
    /// <param name="lower">Makes a model's layer run in a way.</param>
    /// <param name="execution">Threads.</param>
    /// <param name="budget">Time that may be spent.</param>
    public static (LayerTimes Times, IReadOnlyList<double> SpeedUps) Measure(
        ModelProto model, IReadOnlyList<MaskedLayer> ways, IReadOnlyDictionary<string, long[]> shapes,
        Func<ModelProto, MaskedLayer, ModelProto> lower, ElsaExecutionOptions execution, TimeSpan budget)
    {
        var layer = ways[0];
        var dense = Alone(model, layer, shapes);
        int[] replaced = [.. Enumerable.Range(0, layer.Replaced.Count)];
        var models = ways.Select(way => lower(dense, way with { Replaced = replaced })).Prepend(dense);
        var sessions = new List<InferenceSession>();
        string[] names = [.. layer.Values];
        var inputs = names.Select(name => Random(shapes[name])).ToArray();
        using var options = new RunOptions();
        string[] outputs = [layer.Node.Output[0]];
        try
        {
            foreach (var alone in models)
                sessions.Add(SessionOpening.Open(alone, execution, takesTurns: true));
            var turns = Alternation.Time(
                budget, [.. sessions.Select<InferenceSession, Action>(session => () => Run(session))]);
            return (new LayerTimes(turns[0].Microseconds, Of(ElsaLayerKernel.Winograd), Of(ElsaLayerKernel.Sparse)),
                [.. turns.Skip(1).Select(turn => turn.SpeedUp)]);

            double? Of(ElsaLayerKernel kernel) =>
                turns.Skip(1).Zip(ways).Where(turn => turn.Second.Kernel == kernel)
                    .Select(turn => (double?)turn.First.Microseconds).FirstOrDefault();
        }
        finally
        {
            foreach (var disposable in sessions.Concat<IDisposable>(inputs))
                disposable.Dispose();
        }

        void Run(InferenceSession session) => session.Run(options, names, inputs, outputs).Dispose();
    }

    private static ModelProto Alone(ModelProto model, MaskedLayer layer, IReadOnlyDictionary<string, long[]> shapes)
    {
        var nodes = layer.Replaced.Order().Select(index => model.Graph.Node[index]).ToList();
        var read = nodes.SelectMany(node => node.Input).ToHashSet(StringComparer.Ordinal);
        var graph = new GraphProto { Name = layer.Name };
        graph.Node.Add(nodes.Select(node => node.Clone()));
        graph.Initializer.Add(model.Graph.Initializer.Where(tensor => read.Contains(tensor.Name)));
        foreach (var constant in model.Graph.Node.Where(node => node.OpType == "Constant" && read.Contains(node.Output[0])))
        {
            var tensor = constant.Attribute.Single(attribute => attribute.Name == "value").T.Clone();
            tensor.Name = constant.Output[0];
            graph.Initializer.Add(tensor);
        }
        foreach (string name in layer.Values)
            graph.Input.Add(GraphValue.Of(name, new ValueShape(DataType.Float, shapes[name])));
        graph.Output.Add(new ValueInfoProto { Name = layer.Node.Output[0] });
        var alone = new ModelProto { IrVersion = Math.Max(model.IrVersion, 4), Graph = graph };
        alone.OpsetImport.Add(model.OpsetImport);
        return alone;
    }

    private static OrtValue Random(long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        var random = new Random(values.Length);
        foreach (ref float value in values.AsSpan())
            value = random.NextSingle();
        return OrtValue.CreateTensorValueFromMemory(values, shape);
    }
}
