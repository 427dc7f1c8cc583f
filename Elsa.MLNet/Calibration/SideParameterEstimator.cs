using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Calibration;

/// <summary>Finds the side parameters of every sparse level from calibration rows, without training.</summary>
internal static class SideParameterEstimator
{
    /// <param name="parent">The levels, with the dense model's side parameters.</param>
    /// <param name="signature">The inputs that the rows feed.</param>
    /// <param name="rows">Calibration rows.</param>
    /// <param name="numbers">Outputs of the model that are numbers, as of a regression, and not scores of classes.</param>
    /// <param name="execution">Threads.</param>
    /// <param name="progress">Receives a report per level.</param>
    /// <param name="throwIfCanceled">Called before every batch.</param>
    /// <exception cref="ArgumentException">A row has a value that is not finite, and so has a level's statistics.</exception>
    /// <exception cref="NotFiniteNumberException">A level's statistics are not finite.</exception>
    public static SideParameters Estimate(ParentModel parent, ModelSignature signature, SampledRows rows,
        IReadOnlySet<string> numbers, ElsaExecutionOptions execution, IProgress<ElsaProgress>? progress, Action throwIfCanceled)
    {
        var sides = new SideParameters();
        var dense = parent.Extract(0);
        var places = ChannelParameter.Find(dense, parent.Masks, numbers);
        if (places.Count == 0) return sides;
        // The dense statistics come from the dense level with its own normalisation, which is not touched there.
        var biases = places.Where(place => !place.IsNormalization).ToList();
        var denseOfBiases = new Queue<ChannelStatistics>(biases.Count == 0 ? []
            : ChannelStatistics.Measure(StatisticsGraph.Make(dense, biases, null), signature, biases, rows, execution, throwIfCanceled));
        var denseStatistics = places.Select(place => place.IsNormalization ? null : denseOfBiases.Dequeue()).ToList();
        for (var level = 1; level < parent.Levels.Count; level++)
        {
            progress?.Report(new ElsaProgress("side parameters", parent.Levels[level].Name, level - 1, parent.Levels.Count - 1));
            var graph = StatisticsGraph.Make(parent.Extract(level), places, denseStatistics);
            var statistics = ChannelStatistics.Measure(graph, signature, places, rows, execution, throwIfCanceled);
            if (statistics.Any(found => !found.AreFinite)) rows.RequireFinite();
            for (var place = 0; place < places.Count; place++) Set(parent, sides, level, places[place], statistics[place], denseStatistics[place]);
        }
        return sides;
    }

    private static void Set(ParentModel parent, SideParameters sides, int level, ChannelParameter place, ChannelStatistics found, ChannelStatistics? dense)
    {
        if (!found.AreFinite)
            throw new NotFiniteNumberException($"The statistics of level '{parent.Levels[level].Name}' at '{place.Node.Output[0]}' are not finite. " +
                "Lower the sparsity, or choose ElsaSideParameters.Dense.");
        if (place.IsNormalization)
        {
            var denseVariance = Numbers(parent, place.Variance!, place.Type);
            sides.Set(level, place.Mean!, Bytes(found.Mean, place.Type));
            // A channel that kept no weight is constant: any variance gives the same, and the dense one amplifies nothing.
            sides.Set(level, place.Variance!, Bytes([.. found.Variance.Select((variance, channel) => variance > 0 ? variance : denseVariance[channel])], place.Type));
        }
        else
        {
            var target = new BiasTarget(place, dense!);
            sides.Set(level, place.Bias!, Bytes([.. Numbers(parent, place.Bias!, place.Type).Select((bias, channel) =>
                bias + target.Mean(channel, found.Variance[channel]) - found.Mean[channel])], place.Type));
        }
    }

    private static double[] Numbers(ParentModel parent, string name, DataType type) =>
        TensorElements.Numbers(parent.SideParameter(0, name).Span, type);

    private static byte[] Bytes(double[] values, DataType type)
    {
        var bytes = new byte[values.Length * TensorElements.Bytes(type)];
        TensorElements.Encode<double>(values, type, bytes);
        return bytes;
    }
}
