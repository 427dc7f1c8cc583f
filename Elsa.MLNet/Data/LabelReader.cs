using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>
/// Reads the label of the current row as numbers: a key as its 0-based class, a Boolean as 0 or 1, numbers as they are.
/// A missing key is NaN.
/// </summary>
internal sealed class LabelReader
{
    private readonly Action<Span<float>> _read;

    private LabelReader(string column, int size, bool isClass, Action<Span<float>> read) =>
        (Column, Size, IsClass, _read) = (column, size, isClass, read);

    /// <summary>Name of the column.</summary>
    public string Column { get; }

    /// <summary>Values of one label.</summary>
    public int Size { get; }

    /// <summary>Whether the type says that a label is a class: a key, a Boolean or an integer.</summary>
    public bool IsClass { get; }

    public float[] Read()
    {
        var label = new float[Size];
        Read(label);
        return label;
    }

    /// <exception cref="InvalidOperationException">The row has another number of values than its column's type
    /// says.</exception>
    public void Read(Span<float> destination) => _read(destination);

    /// <summary>Whether a column's type says that a label is a class: a key, a Boolean or an integer.</summary>
    public static bool IsClassType(DataViewType type) => type is KeyDataViewType or BooleanDataViewType
        || (type is NumberDataViewType && type != NumberDataViewType.Single && type != NumberDataViewType.Double);

    /// <summary>Values of one label of a column that <see cref="Of"/> accepts.</summary>
    public static int SizeOf(DataViewSchema.Column column) =>
        column.Type is VectorDataViewType { IsKnownSize: true } vector ? vector.Size : 1;

    /// <exception cref="ArgumentException">The column's type cannot be a label.</exception>
    public static LabelReader Of(DataViewRow row, DataViewSchema.Column column) => column.Type switch
    {
        KeyDataViewType { RawType: var raw } when raw == typeof(byte) => Scalar<byte>(row, column, true, Key),
        KeyDataViewType { RawType: var raw } when raw == typeof(ushort) => Scalar<ushort>(row, column, true, key => Key(key)),
        KeyDataViewType { RawType: var raw } when raw == typeof(uint) => Scalar<uint>(row, column, true, key => Key(key)),
        KeyDataViewType => Scalar<ulong>(row, column, true, key => Key(key)),
        BooleanDataViewType => Scalar<bool>(row, column, true, value => value ? 1 : 0),
        VectorDataViewType { IsKnownSize: true, ItemType: NumberDataViewType item } vector when item == NumberDataViewType.Single => Vector(row, column, vector.Size),
        NumberDataViewType { RawType: var raw } when raw == typeof(float) => Scalar<float>(row, column, false, value => value),
        NumberDataViewType { RawType: var raw } when raw == typeof(double) => Scalar<double>(row, column, false, value => (float)value),
        NumberDataViewType { RawType: var raw } when raw == typeof(sbyte) => Scalar<sbyte>(row, column, true, value => value),
        NumberDataViewType { RawType: var raw } when raw == typeof(byte) => Scalar<byte>(row, column, true, value => value),
        NumberDataViewType { RawType: var raw } when raw == typeof(short) => Scalar<short>(row, column, true, value => value),
        NumberDataViewType { RawType: var raw } when raw == typeof(ushort) => Scalar<ushort>(row, column, true, value => value),
        NumberDataViewType { RawType: var raw } when raw == typeof(int) => Scalar<int>(row, column, true, value => value),
        NumberDataViewType { RawType: var raw } when raw == typeof(uint) => Scalar<uint>(row, column, true, value => value),
        NumberDataViewType { RawType: var raw } when raw == typeof(long) => Scalar<long>(row, column, true, value => value),
        NumberDataViewType { RawType: var raw } when raw == typeof(ulong) => Scalar<ulong>(row, column, true, value => value),
        _ => throw new ArgumentException($"The label column '{column.Name}' is {column.Type}. Allowed are a key, a Boolean, a number, " +
            "or Vector<Single> of known size; use MapValueToKey for text."),
    };

    private static float Key(byte key) => Key((ulong)key);

    private static float Key(ulong key) => key == 0 ? float.NaN : key - 1;

    private static LabelReader Scalar<T>(DataViewRow row, DataViewSchema.Column column, bool isClass, Func<T, float> convert)
    {
        var getter = row.GetGetter<T>(column);
        T value = default!;
        return new LabelReader(column.Name, 1, isClass, label =>
        {
            getter(ref value);
            label[0] = convert(value);
        });
    }

    private static LabelReader Vector(DataViewRow row, DataViewSchema.Column column, int size)
    {
        var getter = row.GetGetter<VBuffer<float>>(column);
        VBuffer<float> value = default;
        return new LabelReader(column.Name, size, false, label =>
        {
            getter(ref value);
            if (value.Length != label.Length)
                throw RowErrors.WrongLength(column.Name, value.Length, label.Length, row.Position);
            value.CopyTo(label);
        });
    }
}
