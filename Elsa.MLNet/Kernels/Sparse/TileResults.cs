namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// Where the results of a tile go if all its positions are results that follow each other there: they are finished while
/// the sums are in registers, and the memory takes in a row while the next one is computed.
/// </summary>
internal unsafe struct TileResults
{
    /// <summary>What becomes of the sums, see <see cref="SparseTile.Finishes"/>.</summary>
    public SparseEpilogue Epilogue;

    /// <summary>Row of the weights that is row 0 of the chunk.</summary>
    public int FirstRow;

    /// <summary>Further addends, laid out like y, or null.</summary>
    public float* Addend;

    /// <summary>Receives the results; not the addend. Row 0 of the chunk.</summary>
    public float* Y;

    /// <summary>From one row's results to the next.</summary>
    public long Stride;
}
