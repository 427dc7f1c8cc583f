using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>Names of a vector's values, as ML.NET keeps them: an annotation of the column.</summary>
internal static class SlotNames
{
    private const string Kind = "SlotNames";
    private const string KeyValues = "KeyValues";

    /// <summary>The annotations of an output's column.</summary>
    /// <exception cref="ArgumentException">There is not one name per value.</exception>
    public static DataViewSchema.Annotations? Of(ElsaOutput output, DataViewType type)
    {
        if (output.SlotNames is not { } names)
            return null;
        if (type is not VectorDataViewType vector || vector.Size != names.Count)
            throw ColumnErrors.WrongSlotNames(output.ColumnName, names.Count, type.ToString()!);
        var text = names.Select(name => name.AsMemory()).ToArray();
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(Kind, new VectorDataViewType(TextDataViewType.Instance, text.Length),
            (ref VBuffer<ReadOnlyMemory<char>> value) => new VBuffer<ReadOnlyMemory<char>>(text.Length, text).CopyTo(ref value));
        return builder.ToAnnotations();
    }

    /// <summary>The values of a key column, in the order of the classes; null if it has none that are text or
    /// numbers.</summary>
    public static IReadOnlyList<string>? OfKey(DataViewSchema.Column column)
    {
        if (column.Type is not KeyDataViewType
            || column.Annotations.Schema.GetColumnOrNull(KeyValues)?.Type is not VectorDataViewType values)
            return null;
        return values.ItemType.RawType switch
        {
            var type when type == typeof(ReadOnlyMemory<char>) => Texts<ReadOnlyMemory<char>>(column),
            var type when type == typeof(float) => Texts<float>(column),
            var type when type == typeof(double) => Texts<double>(column),
            var type when type == typeof(int) => Texts<int>(column),
            var type when type == typeof(uint) => Texts<uint>(column),
            var type when type == typeof(long) => Texts<long>(column),
            var type when type == typeof(byte) => Texts<byte>(column),
            var type when type == typeof(bool) => Texts<bool>(column),
            _ => null,
        };
    }

    private static string[] Texts<T>(DataViewSchema.Column column)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(KeyValues, ref values);
        return [.. values.DenseValues().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")];
    }
}
