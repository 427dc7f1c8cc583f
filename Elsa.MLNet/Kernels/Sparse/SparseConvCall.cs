namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>One convolution by a plan: x [images, channels, rows, columns], y likewise.</summary>
internal unsafe struct SparseConvCall
{
    public SparseConvPlan Plan;

    /// <summary>Level, at least 1.</summary>
    public int Level;

    public float* X;

    /// <summary>Memory of <see cref="SparseConvPlan.SharedLength"/> floats.</summary>
    public float* Lines;

    public float* Y;

    /// <summary>Like y, or null.</summary>
    public float* Addend;

    public Epilogue Epilogue;
}
