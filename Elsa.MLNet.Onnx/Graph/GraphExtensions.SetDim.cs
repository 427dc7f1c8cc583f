using Elsa.MLNet.Onnx;

namespace Onnx;

public static partial class GraphExtensions
{
    /// <summary>
    /// Gives one dimension of every input and output a name, which lets it have any size; most often the first one, the
    /// rows. Inputs that are initializers, and values without such a dimension, stay as they are. Shapes declared for values
    /// in between are dropped. Where the first dimension is set, a Reshape of the data to a constant shape that starts with
    /// its old size keeps the number of rows instead. Whether every operator allows another size only running it tells.
    /// </summary>
    /// <param name="graph">The graph to change.</param>
    /// <param name="dimIndex">The dimension, 0 or more. The default value is 0.</param>
    /// <param name="name">Its name. The default value is N.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimIndex"/> is negative.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static void SetDim(this GraphProto graph, int dimIndex = 0, string name = "N")
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        SetDim(graph, dimIndex, dimension => dimension.DimParam = name);
    }

    /// <summary>As <see cref="SetDim(GraphProto, int, string)"/>, with a fixed size instead of a name.</summary>
    /// <param name="graph">The graph to change.</param>
    /// <param name="dimIndex">The dimension, 0 or more.</param>
    /// <param name="value">Its size, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is negative.</exception>
    public static void SetDim(this GraphProto graph, int dimIndex, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        SetDim(graph, dimIndex, dimension => dimension.DimValue = value);
    }

    static void SetDim(GraphProto graph, int dimIndex, Action<TensorShapeProto.Types.Dimension> set)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentOutOfRangeException.ThrowIfNegative(dimIndex);
        var initializers = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var inputs = graph.Input.Where(input => !initializers.Contains(input.Name)).ToList();
        // Initializers are inputs in every model before IR version 4, and hardly ever later.
        var listed = graph.Input.Count > inputs.Count && graph.Initializer.Count == graph.Input.Count - inputs.Count;
        new DimensionRewrite(dimIndex, _ => true, set, listed, "_any_rows").Apply(graph, inputs);
    }
}
