using Elsa.MLNet.Onnx;
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

    // From IR version 4 on, initializers need not be listed among the graph's inputs.
    private const long InitializersAreNoInputs = 4;

    /// <summary>A rewritten copy; <paramref name="model"/> is not changed.</summary>
    public static ModelProto Apply(ModelProto model, params IReadOnlyCollection<string> inputNames)
    {
        var copy = model.Clone();
        var rewrite = new DimensionRewrite(
            index: 0,
            applies: dimension => dimension.DimValue == 1,
            set: dimension => dimension.DimParam = Symbol,
            listInitializers: model.IrVersion < InitializersAreNoInputs,
            suffix: "_free_batch");
        rewrite.Apply(copy.Graph, [.. copy.Graph.Input.Where(input => inputNames.Contains(input.Name))]);
        return copy;
    }
}
