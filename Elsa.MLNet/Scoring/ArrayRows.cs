using Elsa.MLNet.Data;

namespace Elsa.MLNet.Scoring;

/// <summary>Rows of an array, as values of a column.</summary>
internal sealed class ArrayRows<T>(int rows, int size) : IRowValues<T>
{
    private readonly T[] _values = new T[rows * size];

    public Span<T> Row(int row) => _values.AsSpan(row * size, size);
}
