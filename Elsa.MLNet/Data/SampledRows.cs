namespace Elsa.MLNet.Data;

/// <summary>Rows held in memory, in the order of the data they were drawn from.</summary>
/// <param name="Row">What one row brings to the model's inputs.</param>
/// <param name="Columns">Per input its column.</param>
/// <param name="Inputs">Per input its values in every row.</param>
/// <param name="Positions">Per row its position in the data.</param>
/// <param name="Labels">Per row its label; empty arrays if there is none.</param>
/// <param name="LabelColumn">Column of the label; null if there is none.</param>
/// <param name="LabelIsClass">Whether the label's type says that it is a class.</param>
internal sealed record SampledRows(
    RowInputs Row, IReadOnlyList<string> Columns, IReadOnlyList<KeptValues> Inputs, IReadOnlyList<long> Positions,
    IReadOnlyList<float[]> Labels, string? LabelColumn, bool LabelIsClass)
{
    public int Count => Labels.Count;

    /// <summary>The first rows, at most as many as there are.</summary>
    public SampledRows First(int count) => count >= Count ? this : this with { Labels = [.. Labels.Take(count)] };

    /// <exception cref="ArgumentException">A value is NaN or infinite.</exception>
    public void RequireFinite()
    {
        for (var row = 0; row < Count; row++) RequireFinite(row);
    }

    /// <exception cref="ArgumentException">A value of the row is NaN or infinite.</exception>
    public void RequireFinite(int row)
    {
        for (var input = 0; input < Inputs.Count; input++)
            if (Inputs[input].NotFinite(row) is var (index, value))
                throw RowErrors.NotFinite(Columns[input], Positions[row], index, value);
    }

    /// <summary>Writes rows [start, start + count) as the first ones of a batch.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="input">Where the values of an input are to be written.</param>
    public void CopyTo(int start, int count, Func<int, IRowValues> input)
    {
        for (var index = 0; index < Inputs.Count; index++)
        {
            var destination = input(index);
            for (var row = 0; row < count; row++) Inputs[index].CopyTo(start + row, destination, row);
        }
    }

    /// <summary>Nearly equal parts of at most <paramref name="most"/> rows.</summary>
    public IEnumerable<(int Start, int Count)> Parts(int most)
    {
        var parts = (Count + most - 1) / most;
        for (var part = 0; part < parts; part++)
        {
            var start = (int)((long)Count * part / parts);
            yield return (start, (int)((long)Count * (part + 1) / parts) - start);
        }
    }
}
