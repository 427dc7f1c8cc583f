using System.Diagnostics;
using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Microsoft.ML;

namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>Runs every level of a cascade over labelled rows and finds the threshold.</summary>
internal sealed class CascadeCalibration(
    IReadOnlyList<LevelModel> levels, RowConfidence confidence, ElsaCascadeOptions options, Action cancelled)
{
    private readonly TimeSpan[] _times = new TimeSpan[levels.Count];

    /// <exception cref="ArgumentException">A column is missing or unfit, a label is no class, or the rows are too
    /// few.</exception>
    public ElsaCascadeReport Run(IDataView heldOut, ScoringColumns columns, ParentModel parent)
    {
        var schema = new ScoredSchema(heldOut.Schema, columns, levels[0]);
        var label = heldOut.Schema.GetColumnOrNull(options.LabelColumnName)
            ?? throw new ArgumentException(
                $"There is no label column '{options.LabelColumnName}'. The columns are " +
                $"{string.Join(", ", heldOut.Schema.Where(c => !c.IsHidden).Select(c => c.Name))}; a cascade is " +
                "calibrated on rows with their true class: name its column as LabelColumnName.", nameof(heldOut));
        var rows = Score(heldOut, schema, label);
        double threshold = ThresholdSearch.Lower(rows, options.MaximumLoss, options.Certainty);
        return Report(rows, threshold, parent, MultiplyAdds.Of(parent, levels[0], schema.RowInputs.Size));
    }

    private CalibrationRows Score(IDataView heldOut, ScoredSchema schema, DataViewSchema.Column label)
    {
        var rows = new CalibrationRows(levels.Count);
        var scorers = new List<IBatchScorer>();
        try
        {
            foreach (var level in levels)
                scorers.Add(level.Open(schema.RowInputs, level.BatchSize));
            int capacity = scorers.Min(scorer => scorer.Capacity);
            using var cursor = heldOut.GetRowCursor([schema.Inputs[0], label]);
            var inputs = new InputReader<float>(cursor, schema.Inputs[0]);
            var labels = LabelReader.Of(cursor, label);
            var truth = new float[capacity * labels.Size];
            var positions = new long[capacity];
            int count;
            do
            {
                cancelled();
                for (count = 0; count < capacity && cursor.MoveNext(); count++)
                {
                    inputs.Read(scorers[0].Input(count));
                    labels.Read(truth.AsSpan(count * labels.Size, labels.Size));
                    positions[count] = cursor.Position;
                }
                var classes = new long[count];
                ClassLabels.Fill(truth.AsSpan(0, count * labels.Size), positions.AsSpan(0, count),
                    Math.Max(2, levels[0].OutputSize(schema.RowInputs.Size)), label.Name, classes);
                if (count > 0)
                    Add(rows, scorers, classes);
            }
            while (count == capacity);
            return rows;
        }
        finally
        {
            foreach (var scorer in scorers)
                scorer.Dispose();
        }
    }

    private void Add(CalibrationRows rows, List<IBatchScorer> scorers, long[] classes)
    {
        for (int level = 0; level < scorers.Count; level++)
        {
            for (int row = 0; level > 0 && row < classes.Length; row++)
                scorers[0].Input(row).CopyTo(scorers[level].Input(row));
            // Kernels are chosen for the first full batch, and again for the last one if it is not full.
            if (rows.Count == 0 || classes.Length < scorers[level].Capacity)
                scorers[level].Run(classes.Length);
            long start = Stopwatch.GetTimestamp();
            scorers[level].Run(classes.Length);
            _times[level] += Stopwatch.GetElapsedTime(start);
        }
        var sure = new double[scorers.Count];
        var right = new bool[scorers.Count];
        for (int row = 0; row < classes.Length; row++)
        {
            for (int level = 0; level < scorers.Count; level++)
            {
                var score = scorers[level].Score(row);
                (sure[level], right[level]) = (confidence.Of(score), confidence.Class(score) == classes[row]);
            }
            rows.Add(sure, right);
        }
    }

    private ElsaCascadeReport Report(CalibrationRows rows, double threshold, ParentModel parent, double[]? multiplyAdds)
    {
        int count = rows.Count;
        var answered = new int[levels.Count];
        int right = 0;
        for (int row = 0; row < count; row++)
        {
            int level = rows.Answering(row, threshold);
            answered[level]++;
            right += rows.IsRight(row, level) ? 1 : 0;
        }
        int lost = rows.Lost(threshold);
        return new ElsaCascadeReport
        {
            Rows = count,
            Threshold = threshold,
            MaximumLoss = options.MaximumLoss,
            Certainty = options.Certainty,
            LostRows = lost,
            LossBound = double.IsPositiveInfinity(threshold) ? 0 : BinomialBound.Upper(lost, count, options.Certainty),
            Accuracy = (double)right / count,
            Levels = [.. levels.Select((level, index) => new ElsaCascadeLevel
            {
                Level = parent.Levels[level.Level],
                Answered = (double)answered[index] / count,
                Asked = (double)answered.Skip(index).Sum() / count,
                Accuracy = (double)Enumerable.Range(0, count).Count(row => rows.IsRight(row, index)) / count,
                MillisecondsPerRow = _times[index].TotalMilliseconds / count,
                MultiplyAdds = multiplyAdds?[level.Level],
            })],
        };
    }
}
