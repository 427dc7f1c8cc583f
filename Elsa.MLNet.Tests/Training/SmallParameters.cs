using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Training;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Parameters without a model around them.</summary>
static class SmallParameters
{
    /// <summary>A vector of tensors with random values.</summary>
    public static ParameterVector Layout(params (string Name, int[] Shape)[] tensors) =>
        new("weights", tensors.Select(tensor => TestModels.Random(tensor.Name, DataType.Float, 1, tensor.Shape)));

    /// <summary>The tensors of a layout as masks see them.</summary>
    public static MaskableTensor[] Tensors(ParameterVector layout) =>
        [.. layout.Parts.Select(part =>
            new MaskableTensor(part.Name, part.Shape, "float32", "MatMul", part.Name + "/node"))];

    /// <summary>Seeded numbers around 0.</summary>
    public static float[] Values(int count, int seed = 5)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
