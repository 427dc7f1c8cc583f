using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>The rows to train on: which columns, and which rows of the data.</summary>
/// <param name="Data">Training rows and held-out ones.</param>
/// <param name="Input">The network's input, Vector&lt;Single&gt; or Single.</param>
/// <param name="InputDimensions">Dimensions of one row's input, without the batch.</param>
/// <param name="Labels">Columns that the loss needs; may be empty.</param>
/// <param name="HoldOut">Which rows are never trained on.</param>
/// <param name="RowCount">Rows that are not held out, as an earlier pass counted them.</param>
internal sealed record TrainingSource(IDataView Data, DataViewSchema.Column Input, IReadOnlyList<long> InputDimensions,
    IReadOnlyList<DataViewSchema.Column> Labels, HoldOut HoldOut, long RowCount)
{
    /// <summary>Values of one row's input.</summary>
    public int InputSize => checked((int)InputDimensions.Aggregate(1L, (size, dimension) => checked(size * dimension)));

    /// <summary>Per label column the values of one label.</summary>
    public IReadOnlyList<int> LabelSizes => [.. Labels.Select(LabelReader.SizeOf)];

    /// <summary>Values of one row's input and labels.</summary>
    public long RowSize => InputSize + LabelSizes.Sum(size => (long)size);

    /// <exception cref="ArgumentException">The input column has another size, or there is no row to train
    /// on.</exception>
    public void Check()
    {
        var size = Input.Type is VectorDataViewType vector ? vector.Size : 1;
        if (size != InputSize)
            throw ColumnErrors.WrongSize(
                Input.Name, Input.Type.ToString()!,
                $"[{string.Join(", ", InputDimensions)}], {InputSize} values a row");
        if (RowCount < 1)
            throw new ArgumentException(
                "No row is left to train on: the data is empty or every row was held out. Give more rows, or lower " +
                "HoldOutFraction.");
    }
}
