namespace Elsa.MLNet.Tests.Gradients;

/// <summary>A matrix in double precision: what the gradients of products are measured against.</summary>
sealed class DoubleMatrix
{
    readonly double[,] _values;

    DoubleMatrix(double[,] values) => _values = values;

    public int Rows => _values.GetLength(0);

    public int Columns => _values.GetLength(1);

    /// <summary>Of row-major values; further axes before the last two are not allowed.</summary>
    public static DoubleMatrix Of(ReadOnlySpan<float> values, long[] shape)
    {
        var made = new double[shape[0], shape[1]];
        for (var index = 0; index < values.Length; index++) made[index / shape[1], index % shape[1]] = values[index];
        return new DoubleMatrix(made);
    }

    public DoubleMatrix Transposed()
    {
        var made = new double[Columns, Rows];
        for (var row = 0; row < Rows; row++)
            for (var column = 0; column < Columns; column++) made[column, row] = _values[row, column];
        return new DoubleMatrix(made);
    }

    public DoubleMatrix Times(DoubleMatrix right, double factor = 1)
    {
        var made = new double[Rows, right.Columns];
        for (var row = 0; row < Rows; row++)
            for (var column = 0; column < right.Columns; column++)
                for (var inner = 0; inner < Columns; inner++)
                    made[row, column] += factor * _values[row, inner] * right._values[inner, column];
        return new DoubleMatrix(made);
    }

    /// <summary>Sums to a shape that broadcasts to this one, times a factor.</summary>
    public DoubleMatrix SummedTo(long[] shape, double factor)
    {
        var (rows, columns) = (shape.Length < 2 ? 1 : shape[0], shape.Length < 1 ? 1 : shape[^1]);
        var made = new double[rows, columns];
        for (var row = 0; row < Rows; row++)
            for (var column = 0; column < Columns; column++)
                made[rows == 1 ? 0 : row, columns == 1 ? 0 : column] += factor * _values[row, column];
        return new DoubleMatrix(made);
    }

    /// <summary>Adds another of the same size.</summary>
    public DoubleMatrix Plus(DoubleMatrix other)
    {
        var made = (double[,])_values.Clone();
        for (var row = 0; row < Rows; row++)
            for (var column = 0; column < Columns; column++) made[row, column] += other._values[row, column];
        return new DoubleMatrix(made);
    }

    /// <summary>Asserts that float32 values are within 1e-4 of these, relative to the largest.</summary>
    public void AssertNear(ReadOnlySpan<float> found)
    {
        Assert.AreEqual(_values.Length, found.Length);
        var scale = _values.Cast<double>().Max(Math.Abs);
        for (var index = 0; index < found.Length; index++)
            Assert.AreEqual(_values[index / Columns, index % Columns], found[index], 1e-4 * scale, $"Element {index}.");
    }
}
