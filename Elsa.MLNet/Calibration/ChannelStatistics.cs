using Elsa.MLNet.Data;
using Elsa.MLNet.Scoring;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Calibration;

/// <summary>Mean and variance of each channel over the calibration rows.</summary>
internal sealed class ChannelStatistics
{
    /// <summary>Rows in one batch: statistics of a batch stand for those of the level, so batches are large.</summary>
    private const int BatchRows = 256;

    private ChannelStatistics(int channels) => (Mean, Variance) = (new double[channels], new double[channels]);

    public double[] Mean { get; }

    public double[] Variance { get; }

    public bool AreFinite => Mean.Concat(Variance).All(double.IsFinite);

    /// <summary>Mean over standard deviation of each channel; 0 for a constant channel.</summary>
    public double[] MeanPerDeviation() => [.. Mean.Zip(Variance, (mean, variance) => variance > 0 ? mean / Math.Sqrt(variance) : 0)];

    /// <summary>
    /// Runs a graph made by <see cref="StatisticsGraph"/> over the rows. With parts b of n(b) rows:
    /// mean = sum n(b) mean(b) / n, variance = sum n(b) (variance(b) + (mean(b) - mean)^2) / n.
    /// </summary>
    public static ChannelStatistics[] Measure(ModelProto graph, ModelSignature signature, IReadOnlyList<ChannelParameter> places,
        SampledRows rows, ElsaExecutionOptions execution, Action throwIfCanceled)
    {
        string[] inputs = [.. signature.Inputs.Select(input => input.Name)];
        using var session = SessionOpening.Open(FreeBatch.Apply(graph, inputs), execution);
        var ports = signature.Inputs.Select((input, index) => InputPort.Of(
            input.ElementType, rows.Row.Types[index], rows.Row.Dimensions[index], hasBatch: true,
            Math.Min(BatchRows, rows.Count))).ToList();
        var statistics = places.Select(place => new ChannelStatistics(place.Channels)).ToArray();
        var squares = places.Select(place => new double[place.Channels]).ToArray();
        string[] names = [.. places.SelectMany((_, index) => (string[])[StatisticsGraph.Mean(index), StatisticsGraph.Variance(index)])];
        using var options = new RunOptions();
        try
        {
            foreach (var (start, count) in rows.Parts(BatchRows))
            {
                throwIfCanceled();
                rows.CopyTo(start, count, input => ports[input].Values);
                using var results = session.Run(options, inputs, [.. ports.Select(port => port.Tensor(count))], names);
                Add(results, (double)count / rows.Count);
            }
        }
        finally
        {
            foreach (var port in ports) port.Dispose();
        }
        for (var place = 0; place < places.Count; place++)
            for (var channel = 0; channel < statistics[place].Mean.Length; channel++)
            {
                var mean = statistics[place].Mean[channel];
                statistics[place].Variance[channel] = Math.Max(0, squares[place][channel] - mean * mean);
            }
        return statistics;

        void Add(IReadOnlyList<OrtValue> results, double share)
        {
            for (var place = 0; place < places.Count; place++)
            {
                var mean = results[2 * place].GetTensorDataAsSpan<float>();
                var variance = results[2 * place + 1].GetTensorDataAsSpan<float>();
                for (var channel = 0; channel < mean.Length; channel++)
                {
                    statistics[place].Mean[channel] += share * mean[channel];
                    squares[place][channel] += share * (variance[channel] + (double)mean[channel] * mean[channel]);
                }
            }
        }
    }
}
