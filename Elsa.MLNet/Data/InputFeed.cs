using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>Brings one column of a source's current row into a scorer's buffers.</summary>
internal abstract class InputFeed
{
    /// <param name="source">The rows.</param>
    /// <param name="column">The column, in the source.</param>
    /// <param name="buffered">The same column where its rows are kept for readers; null if they are not.</param>
    public static InputFeed Of(DataViewRow source, DataViewSchema.Column column, BufferedColumn? buffered)
    {
        var item = column.Type is VectorDataViewType vector ? vector.ItemType : column.Type;
        return (InputFeed)Activator.CreateInstance(
            typeof(InputFeed<>).MakeGenericType(item.RawType), source, column, buffered)!;
    }

    /// <summary>Where the rows go from now on.</summary>
    public abstract void Connect(IRowValues destination);

    /// <summary>Writes the source's current row as row <paramref name="row"/> of the batch.</summary>
    public abstract void Read(int row);
}

/// <summary>A column with values of one type. A row that was fetched for a reader is not fetched again.</summary>
internal sealed class InputFeed<T>(DataViewRow source, DataViewSchema.Column column, BufferedColumn? buffered)
    : InputFeed
{
    private readonly InputReader<T> _reader = new(source, column);
    private readonly BufferedVectors<T>? _buffered = buffered as BufferedVectors<T>;
    private IRowValues<T>? _destination;

    public override void Connect(IRowValues destination) => _destination = (IRowValues<T>)destination;

    public override void Read(int row)
    {
        if (_buffered is not null)
            _reader.Write(_buffered[row], _destination!.Row(row));
        else
            _reader.Read(_destination!.Row(row));
    }
}
