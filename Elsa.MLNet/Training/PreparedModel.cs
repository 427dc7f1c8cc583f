using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Onnx;

namespace Elsa.MLNet.Training;

/// <summary>
/// A model made ready to be differentiated: of opset 18 or later, with a batch of fixed size, with static values (shape
/// arithmetic) folded into constants, and with the shapes of all its values.
/// </summary>
/// <param name="Model">The model.</param>
/// <param name="Shapes">Concrete shapes of its values.</param>
internal sealed record PreparedModel(ModelProto Model, IReadOnlyDictionary<string, ValueShape> Shapes)
{
    /// <summary>Prepares a copy of a model.</summary>
    /// <param name="model">The model; not changed.</param>
    /// <param name="inputName">The input that is fed.</param>
    /// <param name="inputShape">Its dimensions, the batch first.</param>
    /// <exception cref="ArgumentException">The model cannot run on such a batch.</exception>
    /// <exception cref="NotSupportedException">The model's opset is older than 7.</exception>
    public static PreparedModel Of(ModelProto model, string inputName, long[] inputShape)
    {
        var copy = FreeBatch.Apply(model, inputName);
        OpsetUpgrade.Apply(copy);
        var input = copy.Graph.Input.Single(value => value.Name == inputName);
        input.Type = GraphValue.Of(inputName, new ValueShape((TensorProto.Types.DataType)input.Type.TensorType.ElemType, inputShape)).Type;
        copy.Graph.ValueInfo.Clear();
        var probed = ShapeProbe.Run(copy);
        foreach (var output in copy.Graph.Output)
            if (probed.Shapes[output.Name].Dimensions is not [var rows, ..] || rows != inputShape[0])
                throw new ArgumentException($"The model's output '{output.Name}' is {probed.Shapes[output.Name]} for a batch of {inputShape[0]} rows, so " +
                    "its rows cannot be told apart and it cannot be trained in batches. Set BatchSize to 1, or export the model with a free batch.");
        StaticValues.Fold(copy.Graph, probed.Constants);
        foreach (var tensor in copy.Graph.Initializer)
            probed.Shapes[tensor.Name] = new ValueShape((TensorProto.Types.DataType)tensor.DataType, [.. tensor.Dims]);
        return new PreparedModel(copy, probed.Shapes);
    }
}
