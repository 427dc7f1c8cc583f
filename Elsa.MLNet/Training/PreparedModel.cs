using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training;

/// <summary>
/// A model whose gradient can be appended: of opset 18 or later, of one batch size, its trained parameters inputs, all
/// shapes known, and values that depend on no data constant.
/// </summary>
/// <param name="Model">The model.</param>
/// <param name="Shapes">The shape of every value.</param>
/// <param name="Trained">The initializers that became inputs, by name.</param>
internal sealed record PreparedModel(ModelProto Model, IReadOnlyDictionary<string, ValueShape> Shapes,
    IReadOnlyDictionary<string, TensorProto> Trained)
{
    /// <summary>Prepares a copy.</summary>
    /// <param name="source">The dense model; not changed.</param>
    /// <param name="trained">Names of initializers of its main graph.</param>
    /// <param name="batch">Size of the first dimension of every input that leaves it free; a fixed one stays.</param>
    /// <exception cref="NotSupportedException">The model's opset cannot be upgraded.</exception>
    /// <exception cref="ArgumentException">There is no such initializer, an input has another free dimension, or ONNX
    /// Runtime refuses the model.</exception>
    public static PreparedModel Of(MaskableModel source, IReadOnlyCollection<string> trained, int batch) =>
        Of(source.Model.Clone(), source, trained, batch);

    /// <summary>Prepares a copy for rows of one input, even if it was made for a single row.</summary>
    /// <param name="source">The dense model; not changed.</param>
    /// <param name="trained">Names of initializers of its main graph.</param>
    /// <param name="inputName">The input that is fed.</param>
    /// <param name="inputShape">Its dimensions, the batch first.</param>
    /// <exception cref="NotSupportedException">The model's opset cannot be upgraded.</exception>
    /// <exception cref="ArgumentException">There is no such initializer, or the model does not run on such a
    /// batch.</exception>
    public static PreparedModel Of(MaskableModel source, IReadOnlyCollection<string> trained, string inputName,
        long[] inputShape)
    {
        var model = FreeBatch.Apply(source.Model, inputName);
        var input = model.Graph.Input.Single(value => value.Name == inputName);
        input.Type = GraphValue.Of(inputName,
            new ValueShape((DataType)input.Type.TensorType.ElemType, inputShape)).Type;
        var prepared = Of(model, source, trained, checked((int)inputShape[0]));
        foreach (var output in prepared.Model.Graph.Output)
            if (prepared.Shapes[output.Name].Dimensions is not [var rows, ..] || rows != inputShape[0])
                throw new ArgumentException($"The model's output '{output.Name}' is {prepared.Shapes[output.Name]} for a batch of {inputShape[0]} " +
                    "rows, so rows cannot be told apart and it cannot be trained in batches. Set BatchSize to 1, or export the model with a free batch.");
        return prepared;
    }

    private static PreparedModel Of(ModelProto model, MaskableModel source, IReadOnlyCollection<string> trained,
        int batch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
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

    /// <summary>An initializer that is an input too may be given another value when the model is run; nobody does
    /// here.</summary>
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
