namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>One convolution with packed weights.</summary>
internal unsafe struct SparseConvCall
{
    public SparsePack Pack;
    public int Level;
    public ConvolutionShape Shape;
    public float* X;
    public float* Y;

    /// <summary>Like y, or null.</summary>
    public float* Addend;
    public SparseEpilogue Epilogue;
}
