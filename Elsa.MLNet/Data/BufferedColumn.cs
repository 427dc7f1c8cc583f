using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>The values that one column has in the rows of a batch.</summary>
internal abstract class BufferedColumn
{
    /// <summary>Fetches the source's current value as that of row <paramref name="row"/> of the batch.</summary>
    public abstract void Read(int row);

    /// <summary>A ValueGetter of the column's type, for the row that the position is on.</summary>
    public abstract Delegate Getter(BatchPosition position);

    /// <summary>A buffer of the column's type.</summary>
    public static BufferedColumn Of(DataViewRow source, DataViewSchema.Column column, int capacity)
    {
        var type = column.Type is VectorDataViewType vector
            ? typeof(BufferedVectors<>).MakeGenericType(vector.ItemType.RawType)
            : typeof(BufferedValues<>).MakeGenericType(column.Type.RawType);
        return (BufferedColumn)Activator.CreateInstance(type, source, column, capacity)!;
    }
}
