namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>One product of a packed matrix with all positions of an input.</summary>
internal unsafe struct SparseMatMulCall
{
    public SparsePack Pack;
    public int Level;
    public int Batches;
    public int Positions;
    public float* X;

    /// <summary>x[b][column][p] if true, else x[b][p][column].</summary>
    public bool XPositionsInner;
    public float* Y;

    /// <summary>y[b][row][p] if true, else y[b][p][row].</summary>
    public bool YPositionsInner;

    /// <summary>Like y, or null.</summary>
    public float* Addend;
    public SparseEpilogue Epilogue;
}
