using Microsoft.ML;

namespace Elsa.MLNet.Data;

/// <summary>
/// Draws rows for calibration and held-out rows for evaluation in one pass: <see cref="HoldOut"/> tells the side of
/// every row, and each side keeps an even sample of its rows (reservoir sampling, Vitter 1985, algorithm R).
/// </summary>
/// <param name="options">How many rows, and which are held out.</param>
/// <param name="row">What one row brings to the model's inputs.</param>
internal sealed class RowSampler(ElsaSparsifyOptions options, RowInputs row)
{
    private const int RowsBetweenReports = 1000;

    private readonly HoldOut _holdOut = new(options.Seed, options.HoldOutFraction);
    private readonly Random _random = new(options.Seed);

    /// <exception cref="ArgumentException">The data has no rows, or the label's type is not allowed.</exception>
    public DrawnRows Draw(
        IDataView data, IReadOnlyList<DataViewSchema.Column> inputs, DataViewSchema.Column? label, Action cancelled)
    {
        using var cursor = data.GetRowCursor(label is { } needed ? [.. inputs, needed] : inputs);
        var labels = label is { } column ? LabelReader.Of(cursor, column) : null;
        var calibration = new Reservoir(options.MaximumCalibrationRows, row, cursor, inputs, labels, _random);
        var evaluation = new Reservoir(options.MaximumEvaluationRows, row, cursor, inputs, labels, _random);
        var rows = 0L;
        for (; cursor.MoveNext(); rows++)
        {
            if (rows % RowsBetweenReports == 0)
            {
                cancelled();
                options.Progress?.Report(new ElsaProgress("read", "", rows, data.GetRowCount()));
            }
            (_holdOut.Contains(rows) ? evaluation : calibration).Offer(rows);
        }
        if (rows == 0) throw new ArgumentException("The data has no rows; fitting needs at least one.", nameof(data));
        return new DrawnRows(calibration.Rows(), evaluation.Rows(), calibration.Seen, evaluation.Seen);
    }

    private sealed class Reservoir
    {
        private readonly int _size;
        private readonly RowInputs _row;
        private readonly string[] _columns;
        private readonly KeptValues[] _inputs;
        private readonly InputFeed[] _feeds;
        private readonly LabelReader? _labels;
        private readonly Random _random;
        private readonly List<(long Position, float[] Label)> _kept = [];

        public Reservoir(
            int wanted, RowInputs row, DataViewRow cursor, IReadOnlyList<DataViewSchema.Column> columns,
            LabelReader? labels, Random random)
        {
            (_row, _labels, _random) = (row, labels, random);
            _columns = [.. columns.Select(column => column.Name)];
            _inputs = [.. row.Types.Zip(row.Sizes, KeptValues.Of)];
            _feeds = [.. columns.Select(column => InputFeed.Of(cursor, column, buffered: null))];
            for (var input = 0; input < _feeds.Length; input++) _feeds[input].Connect(_inputs[input]);
            _size = RowMemory.Fitting(wanted, _inputs.Sum(input => input.BytesPerRow));
        }

        public long Seen { get; private set; }

        /// <summary>Keeps the cursor's row, or not, so that every row has had the same chance.</summary>
        public void Offer(long position)
        {
            var slot = _kept.Count < _size ? _kept.Count : (int)Math.Min(_random.NextInt64(Seen + 1), _size);
            Seen++;
            if (slot == _size) return;
            foreach (var feed in _feeds) feed.Read(slot);
            (long, float[]) kept = (position, _labels?.Read() ?? []);
            if (slot == _kept.Count) _kept.Add(kept);
            else _kept[slot] = kept;
        }

        public SampledRows Rows()
        {
            var order = Enumerable.Range(0, _kept.Count).OrderBy(slot => _kept[slot].Position).ToList();
            return new SampledRows(
                _row, _columns, [.. _inputs.Select(input => input.InOrder(order))],
                [.. order.Select(slot => _kept[slot].Position)], [.. order.Select(slot => _kept[slot].Label)],
                _labels?.Column, _labels?.IsClass ?? false);
        }
    }
}
