namespace Elsa.MLNet.Data;

/// <summary>Values of one input or output in the rows of a batch: an <see cref="IRowValues{T}"/>.</summary>
internal interface IRowValues;

/// <summary>Values of one type.</summary>
internal interface IRowValues<T> : IRowValues
{
    /// <summary>The values of row <paramref name="row"/>; one value where the column is no vector.</summary>
    Span<T> Row(int row);
}
