using System.Globalization;
using Elsa.MLNet.Scoring.Policy;
using Microsoft.ML;

namespace Elsa.MLNet;

/// <summary>
/// The rule by which a machine picks a level. Of the levels that meet every condition it takes the densest, because a
/// denser level is the more accurate one; with <see cref="FastestWithin"/> it takes the one with the shortest median
/// batch, and of equally fast ones the densest. What a level costs is measured on this machine when it is first asked
/// for, with the batch size, threads and provider that will score, on rows of random numbers of the real size; the
/// numbers are kept in a file per parent (see MANUAL.md, "Choosing a level"). Immutable.
/// </summary>
public sealed class ElsaLevelPolicy
{
    private ElsaLevelPolicy(IReadOnlyList<LevelCondition> conditions) => Conditions = conditions;

    internal IReadOnlyList<LevelCondition> Conditions { get; private init; }

    internal bool TakesFastest { get; private init; }

    internal bool FallsBackToSparsest { get; private init; }

    internal bool MeasuresAnew { get; private init; }

    /// <summary>The policy needs to know what levels cost on this machine.</summary>
    internal bool NeedsCosts => TakesFastest || Conditions.Any(condition => condition.NeedsCosts);

    /// <summary>The level of this name.</summary>
    /// <param name="name">For example "dense" or "s90"; upper and lower case differ.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static ElsaLevelPolicy Named(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Of(new HasName(name));
    }

    /// <summary>
    /// The densest level that drops at least this share of the maskable weights. Half a tenth of a percent is forgiven,
    /// because a level of 90 % may keep a few weights more.
    /// </summary>
    /// <param name="sparsity">0 to 1, for example 0.9.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not in 0..1.</exception>
    public static ElsaLevelPolicy OfSparsity(double sparsity) => sparsity is >= 0 and <= 1
        ? Of(new DropsAtLeast(sparsity))
        : throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity,
            "A sparsity is a share of the maskable weights, 0 to 1; write 0.9 for 90 %.");

    /// <summary>A batch takes at most this long.</summary>
    /// <param name="milliseconds">Milliseconds for one full batch of <see cref="ElsaExecutionOptions.BatchSize"/>
    /// rows.</param>
    /// <param name="percentile">Which batch: the median or the slowest but 5 %. The default is P95.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a finite number above 0, or the percentile is
    /// unknown.</exception>
    public static ElsaLevelPolicy WithinLatency(
        double milliseconds, ElsaPercentile percentile = ElsaPercentile.P95) => Enum.IsDefined(percentile)
        ? Of(new WithinMilliseconds(Positive(milliseconds, nameof(milliseconds)), percentile))
        : throw new ArgumentOutOfRangeException(nameof(percentile), percentile, "Choose P50 or P95.");

    /// <summary>
    /// The loaded level takes at most this much memory: see <see cref="ElsaLevelCost.MemoryBytes"/> for what is
    /// counted.
    /// </summary>
    /// <param name="bytes">Bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public static ElsaLevelPolicy WithinMemory(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return Of(new WithinBytes(bytes));
    }

    /// <summary>At least this many rows are scored per second, in full batches, by the median batch.</summary>
    /// <param name="rowsPerSecond">Rows per second.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a finite number above 0.</exception>
    public static ElsaLevelPolicy Throughput(double rowsPerSecond) =>
        Of(new RowsPerSecond(Positive(rowsPerSecond, nameof(rowsPerSecond))));

    /// <summary>
    /// The parent says that the level has at least this accuracy (<see cref="Onnx.ElsaLevel.Metrics"/>, measured on
    /// held-out rows when it was fitted). A level without the metric is rejected.
    /// </summary>
    /// <param name="minimum">For example 0.98.</param>
    /// <param name="metric">A metric of which more is better; the default is accuracy, without labels there is
    /// agreement.</param>
    /// <exception cref="ArgumentException">Of the metric less is better, or its name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The minimum is not finite, or no share of rows though the metric is
    /// one: accuracy or agreement.</exception>
    public static ElsaLevelPolicy AtLeastAccuracy(double minimum, string metric = "accuracy") =>
        double.IsFinite(minimum) && (minimum <= 1 || !IsShare(metric))
            ? Of(new HasMetric(MoreIsBetter(metric), minimum))
            : throw new ArgumentOutOfRangeException(nameof(minimum), minimum,
                "A minimum is a finite number; accuracy and agreement are shares of rows, so write 0.98 for 98 %.");

    /// <summary>
    /// The fastest level that loses at most this much against the dense one, by the parent's metrics. Fastest is the
    /// shortest median batch on this machine.
    /// </summary>
    /// <param name="maximumLoss">Largest difference of the metric, for example 0.002 for 0.2 points of
    /// accuracy.</param>
    /// <param name="metric">The default is accuracy; without labels there is agreement. Of meanSquaredError and
    /// relativeError less is better, of any other metric more.</param>
    /// <exception cref="ArgumentException">The metric's name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The loss is negative or not finite, or 1 or more though the metric is
    /// a share of rows: accuracy or agreement.</exception>
    public static ElsaLevelPolicy FastestWithin(double maximumLoss, string metric = "accuracy") =>
        maximumLoss >= 0 && double.IsFinite(maximumLoss) && (maximumLoss < 1 || !IsShare(metric))
            ? new ElsaLevelPolicy([new LosesAtMost(Named(metric, nameof(metric)), maximumLoss)]) { TakesFastest = true }
            : throw new ArgumentOutOfRangeException(nameof(maximumLoss), maximumLoss,
                "A loss is a finite number from 0, of accuracy and agreement below 1; write 0.002 for 0.2 points of accuracy.");

    /// <summary>
    /// A level per row: a sparse level scores every row, and a denser one again those of which it is unsure. How sure it
    /// must be is found on rows with their true class, so that with the stated certainty the share of rows that the last
    /// level has right and the cascade has wrong is at most <see cref="ElsaCascadeOptions.MaximumLoss"/>; accuracy then
    /// falls by no more. That holds for rows of the same kind as these, and only if no level was trained or chosen with
    /// them. Needs no costs.
    /// </summary>
    /// <param name="heldOut">Rows with the input column and the label column.</param>
    /// <param name="options">Levels, allowed loss and columns; null for the defaults.</param>
    public static ElsaCascadePolicy Cascade(IDataView heldOut, ElsaCascadeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(heldOut);
        return new ElsaCascadePolicy(heldOut, options ?? new ElsaCascadeOptions());
    }

    /// <summary>
    /// As <see cref="Cascade(IDataView, ElsaCascadeOptions?)"/>, with a threshold that an earlier calibration of the
    /// same parent found: <see cref="ElsaCascade.Threshold"/>.
    /// </summary>
    /// <param name="threshold">A level answers a row if its confidence, in log-odds, is above this.</param>
    /// <param name="options">The options that were calibrated with; null for the defaults.</param>
    /// <exception cref="ArgumentException">The threshold is not a number.</exception>
    public static ElsaCascadePolicy Cascade(double threshold, ElsaCascadeOptions? options = null) =>
        !double.IsNaN(threshold)
            ? new ElsaCascadePolicy(threshold, options ?? new ElsaCascadeOptions())
            : throw new ArgumentException(
                "The threshold is not a number. Give the Threshold of a calibrated cascade.", nameof(threshold));

    /// <summary>Both: every condition must hold, and each option of either counts.</summary>
    /// <param name="other">Further conditions.</param>
    public ElsaLevelPolicy And(ElsaLevelPolicy other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new ElsaLevelPolicy([.. Conditions, .. other.Conditions])
        {
            TakesFastest = TakesFastest || other.TakesFastest,
            FallsBackToSparsest = FallsBackToSparsest || other.FallsBackToSparsest,
            MeasuresAnew = MeasuresAnew || other.MeasuresAnew,
        };
    }

    /// <summary>
    /// Takes the sparsest level, with a warning in the log, if no level meets the conditions. Without this it is an
    /// error.
    /// </summary>
    public ElsaLevelPolicy OrSparsest() => new(Conditions)
    {
        TakesFastest = TakesFastest,
        FallsBackToSparsest = true,
        MeasuresAnew = MeasuresAnew,
    };

    /// <summary>Measures now, whatever was measured on this machine before, and keeps the new numbers.</summary>
    public ElsaLevelPolicy Remeasured() => new(Conditions)
    {
        TakesFastest = TakesFastest,
        FallsBackToSparsest = FallsBackToSparsest,
        MeasuresAnew = true,
    };

    /// <summary>The rule in words.</summary>
    public override string ToString() =>
        $"{(TakesFastest ? "fastest" : "densest")} level with {string.Join(" and ", Conditions)}" +
        (FallsBackToSparsest ? ", or the sparsest" : "");

    private static ElsaLevelPolicy Of(LevelCondition condition) => new([condition]);

    private static double Positive(double value, string name) => value > 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture,
            $"{name} is {value}. Give a finite number above 0."));

    private static bool IsShare(string metric) => metric is "accuracy" or "agreement";

    private static string MoreIsBetter(string metric) => !LosesAtMost.IsError(Named(metric, nameof(metric)))
        ? metric
        : throw new ArgumentException(
            $"Of '{metric}' less is better. Choose a metric of which more is better, such as accuracy or agreement, or " +
            "FastestWithin, which takes errors, too.",
            nameof(metric));

    private static string Named(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        return name;
    }
}
