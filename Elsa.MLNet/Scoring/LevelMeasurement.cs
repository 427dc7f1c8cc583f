using System.Globalization;
using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// Measures the levels on held-out rows. Always <c>relativeError</c>, |score - dense| / |dense| over all rows in the 2-norm;
/// unless the score is a number and no class, <c>agreement</c>, the share of rows whose largest score (for one score, whose
/// side of the threshold) is the dense level's. With a label: <c>accuracy</c>, or <c>meanSquaredError</c>.
/// </summary>
internal sealed class LevelMeasurement
{
    private readonly SampledRows _rows;
    private readonly MeasuredMetric _metric;
    private readonly float _threshold;
    private readonly Action _throwIfCanceled;
    private readonly float[] _dense;
    private readonly int _size;

    /// <param name="dense">The dense level.</param>
    /// <param name="rows">Held-out rows.</param>
    /// <param name="metric">What is asked for.</param>
    /// <param name="threshold">Of a single score: at or above it a row is class 1.</param>
    /// <param name="throwIfCanceled">Called before every batch.</param>
    /// <exception cref="ArgumentException">The label does not fit the score or the metric, or a row has a value that is not
    /// finite.</exception>
    /// <exception cref="NotFiniteNumberException">A score of the dense level is not finite.</exception>
    public LevelMeasurement(
        LevelModel dense, SampledRows rows, ElsaMetric metric, float threshold, Action throwIfCanceled)
    {
        (_rows, _threshold, _size, _throwIfCanceled) = (rows, threshold, dense.OutputSize(rows.Row), throwIfCanceled);
        _metric = MeasuredMetric.Of(rows, _size, threshold, metric);
        _dense = Scores(dense, ParentModel.DenseName);
    }

    /// <summary>Name of the metric that tells most.</summary>
    public string Main => _metric.Name;

    /// <param name="level">The level.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <exception cref="NotFiniteNumberException">A score of the level is not finite.</exception>
    public IReadOnlyDictionary<string, double> Of(LevelModel level, string name)
    {
        var scores = level.Level == 0 ? _dense : Scores(level, name);
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["relativeError"] = RelativeError(scores) };
        if (_metric.ScoresAreClasses) metrics["agreement"] = Share(row => Class(scores, row) == Class(_dense, row));
        if (_metric.Metric == ElsaMetric.Accuracy) metrics["accuracy"] = Share(row => Class(scores, row) == (int)_rows.Labels[row][0]);
        if (_metric.Metric == ElsaMetric.MeanSquaredError) metrics["meanSquaredError"] = MeanSquaredError(scores);
        return metrics;
    }

    private float[] Scores(LevelModel level, string name)
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
        if (TrainingRowReader.FirstNotFinite(scores) is { } index) throw NotFinite(index / _size, scores[index], name);
        return scores;
    }

    /// <summary>What is wrong with a score: the row, if it is not finite itself, else the level.</summary>
    private NotFiniteNumberException NotFinite(int row, float score, string level)
    {
        _rows.RequireFinite(row);
        return new NotFiniteNumberException(
            $"Level '{level}' scores row {_rows.Positions[row]} of the data as {score.ToString(CultureInfo.InvariantCulture)}, so it cannot " +
            "be measured. Look for weights that let the model overflow; if only sparse levels do, lower the sparsity.");
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
