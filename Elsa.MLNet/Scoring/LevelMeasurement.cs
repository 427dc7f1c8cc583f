using Elsa.MLNet.Data;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// Measures the levels on held-out rows. Always: <c>agreement</c>, the share of rows whose largest score (for one score,
/// whose side of the threshold) is the dense level's, and <c>relativeError</c>, |score - dense| / |dense| over all rows in
/// the 2-norm. With a label: <c>accuracy</c>, or <c>meanSquaredError</c>.
/// </summary>
internal sealed class LevelMeasurement
{
    private readonly SampledRows _rows;
    private readonly ElsaMetric _metric;
    private readonly float _threshold;
    private readonly Action _throwIfCanceled;
    private readonly float[] _dense;
    private readonly int _size;

    /// <param name="dense">The dense level.</param>
    /// <param name="rows">Held-out rows.</param>
    /// <param name="metric">What is asked for.</param>
    /// <param name="threshold">Of a single score: at or above it a row is class 1.</param>
    /// <param name="throwIfCanceled">Called before every batch.</param>
    /// <exception cref="ArgumentException">The label does not fit the score or the metric.</exception>
    public LevelMeasurement(
        LevelModel dense, SampledRows rows, ElsaMetric metric, float threshold, Action throwIfCanceled)
    {
        (_rows, _threshold, _size, _throwIfCanceled) = (rows, threshold, dense.OutputSize(rows.Row), throwIfCanceled);
        _metric = Choose(rows, _size, metric);
        _dense = Scores(dense);
    }

    /// <summary>Whether the rows can be measured, without measuring.</summary>
    /// <exception cref="ArgumentException">The label does not fit the score or the metric.</exception>
    public static void Check(LevelModel dense, SampledRows rows, ElsaMetric metric) =>
        Choose(rows, dense.OutputSize(rows.Row), metric);

    public IReadOnlyDictionary<string, double> Of(LevelModel level)
    {
        var scores = level.Level == 0 ? _dense : Scores(level);
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["agreement"] = Share(row => Class(scores, row) == Class(_dense, row)),
            ["relativeError"] = RelativeError(scores),
        };
        if (_metric == ElsaMetric.Accuracy) metrics["accuracy"] = Share(row => Class(scores, row) == (int)_rows.Labels[row][0]);
        if (_metric == ElsaMetric.MeanSquaredError) metrics["meanSquaredError"] = MeanSquaredError(scores);
        return metrics;
    }

    private static ElsaMetric Choose(SampledRows rows, int size, ElsaMetric metric)
    {
        if (rows.Count == 0 || rows.Labels[0].Length == 0) return ElsaMetric.Agreement;
        var labels = rows.Labels;
        var classes = Math.Max(2, size);
        var areClasses = labels[0].Length == 1 && labels.All(label => label[0] >= 0 && label[0] < classes && label[0] == MathF.Floor(label[0]));
        if (metric == ElsaMetric.Auto)
            metric = labels[0].Length == 1 && (rows.LabelIsClass || (size > 1 && areClasses)) ? ElsaMetric.Accuracy : ElsaMetric.MeanSquaredError;
        if (metric == ElsaMetric.Accuracy && !areClasses)
            throw new ArgumentException($"The labels are not classes 0 to {classes - 1} in every row, as accuracy over {size} scores needs. " +
                "Remove rows without a label, map the label to a key with one value per score, or choose another ElsaMetric.");
        if (metric == ElsaMetric.MeanSquaredError && labels[0].Length != size)
            throw new ArgumentException($"A label has {labels[0].Length} values and a score has {size}; the mean squared error needs as many. " +
                "Choose a label of the score's size, or ElsaMetric.Agreement.");
        return metric;
    }

    private float[] Scores(LevelModel level)
    {
        using var scorer = level.Open(_rows.Row, Math.Max(1, Math.Min(_rows.Count, level.BatchSize)));
        var scores = new float[_rows.Count * _size];
        for (var start = 0; start < _rows.Count; start += scorer.Capacity)
        {
            _throwIfCanceled();
            var count = Math.Min(scorer.Capacity, _rows.Count - start);
            _rows.CopyTo(start, count, scorer.Inputs);
            scorer.Run(count);
            for (var row = 0; row < count; row++) scorer.Score(row).CopyTo(scores.AsSpan((start + row) * _size));
        }
        return scores;
    }

    private int Class(float[] scores, int row) =>
        PredictedClass.Of(scores.AsSpan(row * _size, _size), _threshold);

    private double Share(Func<int, bool> holds) => (double)Enumerable.Range(0, _rows.Count).Count(holds) / _rows.Count;

    private double RelativeError(float[] scores)
    {
        var (difference, norm) = (0.0, 0.0);
        for (var index = 0; index < scores.Length; index++)
        {
            difference += Math.Pow((double)scores[index] - _dense[index], 2);
            norm += Math.Pow(_dense[index], 2);
        }
        return norm == 0 ? (difference == 0 ? 0 : 1) : Math.Sqrt(difference / norm);
    }

    private double MeanSquaredError(float[] scores)
    {
        var sum = 0.0;
        for (var row = 0; row < _rows.Count; row++)
            for (var index = 0; index < _size; index++) sum += Math.Pow((double)scores[row * _size + index] - _rows.Labels[row][index], 2);
        return sum / scores.Length;
    }
}
