using Onnx;

namespace Elsa.MLNet.Training;

/// <summary>Draws the weights anew that a level gets back.</summary>
internal static class ReturningWeights
{
    /// <summary>
    /// Every weight that no sparser level keeps becomes N(0, 2 / fan-in), with the fan-in that its use in the graph
    /// tells.
    /// </summary>
    public static void Draw(Span<float> weights, ParameterVector layout, GraphProto graph, TrainedNetwork network,
        int level, int seed)
    {
        var random = new Random(HashCodeOf(seed, level));
        foreach (var part in layout.Parts)
        {
            var deviation = Math.Sqrt(2.0 / Math.Max(1, FanIn.Of(graph, part)));
            for (var position = part.Offset; position < part.Offset + part.Count; position++)
            {
                // Drawn for frozen ones too, so that a draw depends on the position alone.
                var value = (float)(deviation * Normal(random));
                if (!network.IsFrozen(position, level)) weights[position] = value;
            }
        }
    }

    // Box and Muller 1958.
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    // HashCode.Combine differs from process to process.
    private static int HashCodeOf(int seed, int level) => unchecked(seed * 397 ^ level * 7919);
}
