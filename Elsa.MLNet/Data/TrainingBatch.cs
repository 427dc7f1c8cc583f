namespace Elsa.MLNet.Data;

/// <summary>Rows one behind the other in arrays that are allocated once: a batch, or the pool that rows are drawn
/// from.</summary>
internal sealed class TrainingBatch(int rows, int inputSize, IReadOnlyList<int> labelSizes)
{
    /// <summary>Inputs, <c>rows * inputSize</c>.</summary>
    public float[] Inputs { get; } = new float[checked(rows * inputSize)];

    /// <summary>Per label column its labels, <c>rows * size</c>.</summary>
    public IReadOnlyList<float[]> Labels { get; } = [.. labelSizes.Select(size => new float[checked(rows * size)])];

    /// <summary>0-based positions of the rows in the data.</summary>
    public long[] Positions { get; } = new long[rows];

    public Span<float> Input(int row) => Inputs.AsSpan(row * inputSize, inputSize);

    public Span<float> Label(int column, int row) =>
        Labels[column].AsSpan(row * labelSizes[column], labelSizes[column]);

    public void CopyRowFrom(TrainingBatch source, int sourceRow, int row)
    {
        source.Input(sourceRow).CopyTo(Input(row));
        for (var column = 0; column < Labels.Count; column++)
            source.Label(column, sourceRow).CopyTo(Label(column, row));
        Positions[row] = source.Positions[sourceRow];
    }
}
