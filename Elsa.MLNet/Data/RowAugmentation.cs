namespace Elsa.MLNet.Data;

/// <summary>Augments rows so that what happens to a row depends only on the epoch's key and the row's
/// position.</summary>
internal sealed class RowAugmentation(ElsaAugmentation augmentation, long[] dimensions, ulong key, string column)
{
    private readonly CounterRandom _random = new(key);

    /// <exception cref="ArgumentException">The augmentation made a value that is not finite.</exception>
    public void Apply(Span<float> row, long position)
    {
        if (augmentation.IsNone) return;
        _random.Restart(SplitMix64.At(key, position));
        augmentation.Apply(row, dimensions, _random);
        if (TrainingRowReader.FirstNotFinite(row) is { } index)
            throw RowErrors.NotFiniteAugmented(column, position, index, row[index]);
    }
}
