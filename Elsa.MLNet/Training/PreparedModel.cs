using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Training;

/// <summary>
/// A model whose gradient can be appended: of opset 18 or later, of one batch size, its trained weights inputs, all
/// shapes known, and values that depend on no data constant.
/// </summary>
/// <param name="Model">The model.</param>
/// <param name="Shapes">The shape of every value.</param>
/// <param name="Weights">The values of the trained weights in the source, by name.</param>
internal sealed record PreparedModel(ModelProto Model, IReadOnlyDictionary<string, ValueShape> Shapes,
    IReadOnlyDictionary<string, TensorProto> Weights)
{
    /// <summary>Prepares a copy.</summary>
    /// <param name="source">The dense model; not changed.</param>
    /// <param name="trained">Names of initializers of its main graph.</param>
    /// <param name="batch">Size of the first dimension of every input that leaves it free; a fixed one stays.</param>
    /// <exception cref="NotSupportedException">The model's opset cannot be upgraded.</exception>
    /// <exception cref="ArgumentException">There is no such initializer, an input has another free dimension, or ONNX
    /// Runtime refuses the model.</exception>
    public static PreparedModel Of(MaskableModel source, IReadOnlyCollection<string> trained, int batch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        var model = source.Model.Clone();
        OpsetUpgrade.Apply(model);
        foreach (var tensor in model.Graph.Initializer.Where(TensorBytes.IsExternal))
            TensorBytes.SetRaw(tensor, TensorBytes.Read(tensor, source.Directory));
        KeepInitializersConstant(model.Graph);
        FixBatch(model.Graph, batch);
        var weights = model.Graph.Initializer.Where(tensor => trained.Contains(tensor.Name))
            .ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        // Inputs first: what is made of a trained weight alone is no constant.
        TrainableInputs.Open(model.Graph, trained);
        var probed = ShapeProbe.Run(model);
        StaticValues.Fold(model.Graph, probed.Constants);
        return new PreparedModel(model, probed.Shapes, weights);
    }

    /// <summary>Training gives no values to initializers that callers of the model could replace.</summary>
    private static void KeepInitializersConstant(GraphProto graph)
    {
        var initializers = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var input in graph.Input.Where(input => initializers.Contains(input.Name)).ToList())
            graph.Input.Remove(input);
    }

    private static void FixBatch(GraphProto graph, int batch)
    {
        var rewrite = new DimensionRewrite(
            index: 0,
            applies: dimension => !dimension.HasDimValue,
            set: dimension => dimension.DimValue = batch,
            listInitializers: false,
            suffix: "_batch");
        rewrite.Apply(graph, [.. graph.Input]);
    }
}
