namespace Elsa.MLNet.Data;

/// <summary>
/// Draws batches for training, epoch after epoch, without holding the data in memory: rows pass through a pool of fixed
/// size, from which a random one is drawn and replaced by the next. A pool that holds all rows shuffles evenly. An
/// epoch depends only on the seed and its number, so training resumes anywhere.
/// </summary>
internal sealed class TrainingBatches
{
    private readonly TrainingSource _source;
    private readonly ElsaAugmentation _augmentation;
    private readonly long[] _dimensions;
    private readonly ulong _shuffleKey, _augmentationKey;
    private readonly TrainingBatch _pool, _batch;
    private readonly int[] _slots;
    private bool _reading;

    /// <param name="source">What is read.</param>
    /// <param name="batchSize">Rows of a batch; fewer if the source has fewer.</param>
    /// <param name="poolRows">Rows of the pool; fewer where they would not fit into
    /// <see cref="RowMemory.Limit"/>.</param>
    /// <param name="seed">Seed of order and augmentation.</param>
    /// <param name="augmentation">Applied to every row that enters a batch.</param>
    /// <exception cref="ArgumentException">There is no row, the input column has another size, the batch is too large,
    /// or the augmentation does not fit the dimensions.</exception>
    public TrainingBatches(TrainingSource source, int batchSize, int poolRows, int seed, ElsaAugmentation augmentation)
    {
        source.Check();
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(poolRows, 1);
        _dimensions = [.. source.InputDimensions];
        augmentation.Check(_dimensions);
        (_source, _augmentation) = (source, augmentation);
        BatchSize = (int)Math.Min(batchSize, source.RowCount);
        if (BatchSize * source.RowSize > Array.MaxLength)
            throw new ArgumentException(
                $"A batch of {BatchSize} rows of {source.RowSize} values is more than the {Array.MaxLength} values " +
                "that an array holds. Give a smaller batch.", nameof(batchSize));
        StepsPerEpoch = checked((int)(source.RowCount / BatchSize));
        _shuffleKey = SplitMix64.Key(seed, SplitMix64.Draw.Shuffle);
        _augmentationKey = SplitMix64.Key(seed, SplitMix64.Draw.Augmentation);
        var bytesPerRow = sizeof(float) * source.RowSize + sizeof(long) + sizeof(int);
        var rows = RowMemory.Fitting(Math.Min(poolRows, source.RowCount), bytesPerRow);
        _pool = new TrainingBatch(rows, source.InputSize, source.LabelSizes);
        _batch = new TrainingBatch(BatchSize, source.InputSize, source.LabelSizes);
        _slots = new int[rows];
    }

    /// <summary>Rows of every batch.</summary>
    public int BatchSize { get; }

    /// <summary>Batches of an epoch; rows that fill no batch are left out, other ones each epoch.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>Rows that are held in memory to be drawn from.</summary>
    public int PoolRows => _slots.Length;

    /// <summary>Reads the data once. The batch is valid until the next one; one epoch is read at a time.</summary>
    /// <param name="epoch">0-based number of the epoch.</param>
    /// <param name="cancelled">Throws if the reading is to stop; asked before every batch and while rows are
    /// read.</param>
    /// <exception cref="ArgumentException">A row cannot be trained on.</exception>
    /// <exception cref="InvalidOperationException">The data changed, or another epoch is being read.</exception>
    public IEnumerable<TrainingBatch> Epoch(int epoch, Action cancelled)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        return Read(epoch, cancelled);
    }

    private IEnumerable<TrainingBatch> Read(int epoch, Action cancelled)
    {
        if (_reading)
            throw new InvalidOperationException(
                "Another epoch is being read, into the same batch. Read one to its end first.");
        _reading = true;
        try
        {
            var order = new CounterRandom(SplitMix64.At(_shuffleKey, epoch));
            var augmentation = new RowAugmentation(
                _augmentation, _dimensions, SplitMix64.At(_augmentationKey, epoch), _source.Input.Name);
            var surplus = _source.RowCount - (long)StepsPerEpoch * BatchSize;
            using var rows = new TrainingRowReader(_source, surplus, order, cancelled);
            var live = Fill(rows);
            for (var step = 0; step < StepsPerEpoch; step++)
            {
                cancelled();
                for (var row = 0; row < BatchSize; row++)
                {
                    var drawn = order.Next(live);
                    _batch.CopyRowFrom(_pool, _slots[drawn], row);
                    if (!rows.TryRead(_pool, _slots[drawn])) _slots[drawn] = _slots[--live];
                    augmentation.Apply(_batch.Input(row), _batch.Positions[row]);
                }
                yield return _batch;
            }
        }
        finally
        {
            _reading = false;
        }
    }

    private int Fill(TrainingRowReader rows)
    {
        var live = 0;
        while (live < _slots.Length && rows.TryRead(_pool, live)) live++;
        for (var slot = 0; slot < live; slot++) _slots[slot] = slot;
        return live;
    }
}
