using Microsoft.ML;

namespace Elsa.MLNet.Data;

/// <summary>
/// Draws rows for calibration and held-out rows for evaluation in one pass: <see cref="HoldOut"/> tells the side of
/// every row, and each side keeps an even sample of its rows (reservoir sampling, Vitter 1985, algorithm R).
/// </summary>
internal sealed class RowSampler(ElsaSparsifyOptions options, int inputSize)
{
    private const int RowsBetweenReports = 1000;

    private readonly HoldOut _holdOut = new(options.Seed, options.HoldOutFraction);
    private readonly Random _random = new(options.Seed);

    /// <exception cref="ArgumentException">The data has no rows, or the label's type is not allowed.</exception>
    public DrawnRows Draw(IDataView data, DataViewSchema.Column input, DataViewSchema.Column? label, Action cancelled)
    {
        DataViewSchema.Column[] columns = label is { } needed ? [input, needed] : [input];
        using var cursor = data.GetRowCursor(columns);
        var inputs = new InputReader<float>(cursor, input);
        var labels = label is { } column ? LabelReader.Of(cursor, column) : null;
        var calibration = new Reservoir(Limit(options.MaximumCalibrationRows), _random);
        var evaluation = new Reservoir(Limit(options.MaximumEvaluationRows), _random);
        var rows = 0L;
        for (; cursor.MoveNext(); rows++)
        {
            if (rows % RowsBetweenReports == 0)
            {
                cancelled();
                options.Progress?.Report(new ElsaProgress("read", "", rows, data.GetRowCount()));
            }
            var side = _holdOut.Contains(rows) ? evaluation : calibration;
            if (!side.TryTake(out var slot)) continue;
            var values = new float[inputSize];
            inputs.Read(values);
            side.Put(slot, (rows, values, labels?.Read() ?? []));
        }
        if (rows == 0) throw new ArgumentException("The data has no rows; fitting needs at least one.", nameof(data));
        return new DrawnRows(Rows(calibration), Rows(evaluation), calibration.Seen, evaluation.Seen);

        SampledRows Rows(Reservoir reservoir)
        {
            var sorted = reservoir.Kept.OrderBy(row => row.Position).ToList();
            return new SampledRows(inputSize, [.. sorted.Select(row => row.Input)], [.. sorted.Select(row => row.Label)], labels?.IsClass ?? false);
        }
    }

    private int Limit(int rows) => RowMemory.Fitting(rows, sizeof(float) * (long)inputSize);

    private sealed class Reservoir(int size, Random random)
    {
        public long Seen { get; private set; }

        public List<(long Position, float[] Input, float[] Label)> Kept { get; } = [];

        public bool TryTake(out int slot)
        {
            slot = Kept.Count < size ? Kept.Count : (int)Math.Min(random.NextInt64(Seen + 1), size);
            Seen++;
            return slot < size;
        }

        public void Put(int slot, (long, float[], float[]) row)
        {
            if (slot == Kept.Count) Kept.Add(row);
            else Kept[slot] = row;
        }
    }
}
