using Elsa.MLNet.Data;

namespace Elsa.MLNet.Scoring;

/// <summary>The rows of a tensor of numbers or truth values, as values of a column.</summary>
internal sealed class NumberRows<T>(TensorBuffer buffer) : IRowValues<T>
    where T : unmanaged
{
    public Span<T> Row(int row) => buffer.Row<T>(row);
}
