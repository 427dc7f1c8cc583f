using System.Numerics.Tensors;
using Microsoft.ML;

namespace Elsa.MLNet.Data;

/// <summary>
/// Reads an epoch's rows in the order of the data: those not held out, less as many as fill no batch. Which are left
/// out is drawn evenly over the data (selection sampling: Knuth, The Art of Computer Programming 2, 3.4.2, algorithm
/// S).
/// </summary>
internal sealed class TrainingRowReader : IDisposable
{
    private const int RowsBetweenCancellations = 1000;

    private readonly TrainingSource _source;
    private readonly Random _random;
    private readonly Action _cancelled;
    private readonly DataViewRowCursor _cursor;
    private readonly InputReader<float> _input;
    private readonly LabelReader[] _labels;
    private long _position = -1, _seen, _surplus;
    private bool _atEnd;

    /// <param name="source">What is read.</param>
    /// <param name="surplus">How many training rows to leave out.</param>
    /// <param name="random">Draws which.</param>
    /// <param name="cancelled">Throws if the reading is to stop.</param>
    public TrainingRowReader(TrainingSource source, long surplus, Random random, Action cancelled)
    {
        (_source, _surplus, _random, _cancelled) = (source, surplus, random, cancelled);
        _cursor = source.Data.GetRowCursor([source.Input, .. source.Labels]);
        _input = new InputReader<float>(_cursor, source.Input);
        _labels = [.. source.Labels.Select(column => LabelReader.Of(_cursor, column))];
    }

    /// <summary>Writes the next row into a slot; false at the end of the data.</summary>
    /// <exception cref="ArgumentException">An input is not finite.</exception>
    /// <exception cref="InvalidOperationException">The data has another number of rows than was counted, or a row
    /// another number of values than its column's type says.</exception>
    public bool TryRead(TrainingBatch rows, int slot)
    {
        if (_atEnd || !MoveToNext()) return false;
        var input = rows.Input(slot);
        _input.Read(input);
        if (FirstNotFinite(input) is { } index)
            throw RowErrors.NotFinite(_source.Input.Name, _position, index, input[index]);
        for (var column = 0; column < _labels.Length; column++) _labels[column].Read(rows.Label(column, slot));
        rows.Positions[slot] = _position;
        return true;
    }

    public void Dispose() => _cursor.Dispose();

    /// <summary>Index of the first value that is NaN or infinite; null if there is none.</summary>
    public static int? FirstNotFinite(ReadOnlySpan<float> values)
    {
        if (TensorPrimitives.IsFiniteAll(values)) return null;
        var index = 0;
        while (float.IsFinite(values[index])) index++;
        return index;
    }

    private bool MoveToNext()
    {
        while (_cursor.MoveNext())
        {
            if (++_position % RowsBetweenCancellations == 0) _cancelled();
            if (_source.HoldOut.Contains(_position)) continue;
            if (_seen == _source.RowCount) throw Changed("more than");
            if (!LeavesOut(_source.RowCount - _seen++)) return true;
        }
        _atEnd = true;
        return _seen == _source.RowCount ? false : throw Changed($"{_seen} instead of");
    }

    private bool LeavesOut(long remaining)
    {
        if (_surplus == 0 || _random.NextInt64(remaining) >= _surplus) return false;
        _surplus--;
        return true;
    }

    private InvalidOperationException Changed(string found) => new(
        $"The data changed while fitting: it has {found} the {_source.RowCount} training rows that were counted " +
        "before. Give data that is the same every time it is read; Cache() or a file makes it so.");
}
