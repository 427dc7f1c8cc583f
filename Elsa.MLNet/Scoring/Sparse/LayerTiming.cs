using Elsa.MLNet.Onnx;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>Times one layer alone, dense and sparse: models of nothing else, on random values of its shapes.</summary>
internal static class LayerTiming
{
    /// <summary>Medians of both, and how many times faster the sparse one is.</summary>
    /// <param name="model">The level that the layer is of.</param>
    /// <param name="layer">A layer that can be sparse.</param>
    /// <param name="shapes">Shapes of the layer's <see cref="SparseLayer.Values"/>.</param>
    /// <param name="sparse">Makes a model's layer sparse.</param>
    /// <param name="execution">Threads.</param>
    /// <param name="budget">Time that may be spent.</param>
    public static (LayerTimes Times, double SpeedUp) Measure(
        ModelProto model, SparseLayer layer, IReadOnlyDictionary<string, long[]> shapes,
        Func<ModelProto, SparseLayer, ModelProto> sparse, ElsaExecutionOptions execution, TimeSpan budget)
    {
        var dense = Alone(model, layer, shapes);
        var alone = layer with { Replaced = [.. Enumerable.Range(0, layer.Replaced.Count)] };
        using var denseSession = SessionOpening.Open(dense, execution, takesTurns: true);
        using var sparseSession = SessionOpening.Open(sparse(dense, alone), execution, takesTurns: true);
        string[] names = [.. layer.Values];
        var inputs = names.Select(name => Random(shapes[name])).ToArray();
        using var options = new RunOptions();
        string[] outputs = [layer.Node.Output[0]];
        try
        {
            var turns = Alternation.Time(budget, () => Run(denseSession), () => Run(sparseSession));
            return (new LayerTimes(turns[0].Microseconds, turns[1].Microseconds), turns[1].SpeedUp);
        }
        finally
        {
            foreach (var input in inputs)
                input.Dispose();
        }

        void Run(InferenceSession session) => session.Run(options, names, inputs, outputs).Dispose();
    }

    private static ModelProto Alone(ModelProto model, SparseLayer layer, IReadOnlyDictionary<string, long[]> shapes)
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
