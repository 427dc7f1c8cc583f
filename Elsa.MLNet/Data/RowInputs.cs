using System.Globalization;

namespace Elsa.MLNet.Data;

/// <summary>What one row brings to a model's inputs: per input the type of its values and their dimensions.</summary>
internal sealed class RowInputs
{
    /// <param name="types">Per input the type of a column's values.</param>
    /// <param name="dimensions">Per input the dimensions of one row, without the batch.</param>
    public RowInputs(IReadOnlyList<Type> types, IReadOnlyList<long[]> dimensions)
    {
        (Types, Dimensions) = (types, dimensions);
        Shape = string.Join("; ", dimensions.Select(d =>
            $"[{string.Join(", ", d.Select(size => size.ToString(CultureInfo.InvariantCulture)))}]"));
    }

    public IReadOnlyList<Type> Types { get; }

    public IReadOnlyList<long[]> Dimensions { get; }

    /// <summary>Per input its values.</summary>
    public IEnumerable<int> Sizes =>
        Dimensions.Select(one => (int)one.Aggregate(1L, (product, size) => product * size));

    /// <summary>Values of the first input.</summary>
    public int Size => Sizes.First();

    /// <summary>The dimensions as text: equal for rows of one shape.</summary>
    public string Shape { get; }
}
