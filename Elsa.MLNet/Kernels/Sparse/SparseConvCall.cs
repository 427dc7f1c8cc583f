namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>One convolution by a plan: x [images, channels, rows, columns], y likewise, maybe some channels of more.
/// </summary>
internal unsafe struct SparseConvCall
{
    public SparseConvPlan Plan;

    /// <summary>Level, at least 1.</summary>
    public int Level;

    public float* X;

    /// <summary>Memory of <see cref="SparseConvPlan.SharedLength"/> floats.</summary>
    public float* Lines;

    /// <summary>The first image's first channel.</summary>
    public float* Y;

    /// <summary>From an image of y to the next one.</summary>
    public long ImageOfY;

    /// <summary>From a channel of y to the next one.</summary>
    public long PlaneOfY;

    /// <summary>From a row of y to the next one.</summary>
    public int RowOfY;

    /// <summary>Like y, or null.</summary>
    public float* Addend;

    public Epilogue Epilogue;
}
