using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Data;

/// <summary>Values of one input in rows that are held in memory, of the type that its column has.</summary>
internal abstract class KeptValues : IRowValues
{
    /// <param name="itemType">Type of a column's values.</param>
    /// <param name="size">Values of one row.</param>
    public static KeptValues Of(Type itemType, int size) =>
        (KeptValues)Activator.CreateInstance(typeof(KeptValues<>).MakeGenericType(itemType), size)!;

    /// <summary>Memory of one row.</summary>
    public abstract long BytesPerRow { get; }

    /// <summary>The same rows in another order.</summary>
    public abstract KeptValues InOrder(IEnumerable<int> rows);

    /// <summary>Writes a row where values of the same type are taken.</summary>
    public abstract void CopyTo(int row, IRowValues destination, int destinationRow);

    /// <summary>The first value of a row that is NaN or infinite; null if there is none.</summary>
    public abstract (int Index, double Value)? NotFinite(int row);
}

/// <summary>Values of one type; a row that is asked for and was not there is added.</summary>
internal sealed class KeptValues<T>(int size) : KeptValues, IRowValues<T>
{
    private readonly List<T[]> _rows = [];

    public override long BytesPerRow => (long)size * Unsafe.SizeOf<T>();

    public Span<T> Row(int row)
    {
        while (_rows.Count <= row)
            _rows.Add(new T[size]);
        return _rows[row];
    }

    public override KeptValues InOrder(IEnumerable<int> rows)
    {
        var ordered = new KeptValues<T>(size);
        ordered._rows.AddRange(rows.Select(row => _rows[row]));
        return ordered;
    }

    public override void CopyTo(int row, IRowValues destination, int destinationRow) =>
        Row(row).CopyTo(((IRowValues<T>)destination).Row(destinationRow));

    public override (int Index, double Value)? NotFinite(int row)
    {
        switch (_rows[row])
        {
            case float[] values when Array.FindIndex(values, value => !float.IsFinite(value)) is >= 0 and var index:
                return (index, values[index]);
            case double[] values when Array.FindIndex(values, value => !double.IsFinite(value)) is >= 0 and var index:
                return (index, values[index]);
            default:
                return null;
        }
    }
}
