namespace Elsa.MLNet.Data;

/// <summary>Rows held in memory, in the order of the data they were drawn from.</summary>
/// <param name="InputSize">Values of a row's input.</param>
/// <param name="Inputs">Per row its input.</param>
/// <param name="Labels">Per row its label; empty arrays if there is none.</param>
/// <param name="LabelIsClass">Whether the label's type says that it is a class.</param>
internal sealed record SampledRows(int InputSize, IReadOnlyList<float[]> Inputs, IReadOnlyList<float[]> Labels, bool LabelIsClass)
{
    public int Count => Inputs.Count;

    /// <summary>The first rows, at most as many as there are.</summary>
    public SampledRows First(int count) => count >= Count ? this : this with { Inputs = [.. Inputs.Take(count)], Labels = [.. Labels.Take(count)] };

    /// <summary>Copies the inputs of rows [start, start + count) one behind the other.</summary>
    public float[] Batch(int start, int count)
    {
        var batch = new float[count * InputSize];
        for (var row = 0; row < count; row++) Inputs[start + row].CopyTo(batch, row * InputSize);
        return batch;
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
