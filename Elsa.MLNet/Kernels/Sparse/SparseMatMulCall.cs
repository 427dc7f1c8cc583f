namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// One product of a pack with input vectors: y[.., row, ..] = act(scale sum over columns of w[row, column] x + shift + addend)
/// for every position of every batch.
/// </summary>
internal unsafe struct SparseMatMulCall
{
    public SparsePack Pack;

    /// <summary>Level, at least 1.</summary>
    public int Level;

    /// <summary>Matrices x, each followed by the next.</summary>
    public int Batches;

    /// <summary>Input vectors of a matrix.</summary>
    public int Positions;

    public float* X;

    /// <summary>Whether x is [column, position], not [position, column].</summary>
    public bool XPositionsInner;

    public float* Y;

    /// <summary>Whether y is [row, position], not [position, row].</summary>
    public bool YPositionsInner;

    /// <summary>Like y, or null.</summary>
    public float* Addend;

    public Epilogue Epilogue;

    public InstructionSet Set;

    /// <summary>Threads that share the parts.</summary>
    public int Threads;
}
