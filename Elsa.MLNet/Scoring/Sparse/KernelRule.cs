namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>The fixed rule of <see cref="ElsaKernelChoice.CostModel"/>.</summary>
internal static class KernelRule
{
    private const double ForFew = 0.5, ForSome = 0.8, ForMany = 0.6, ForConvolutions = 0.7;
    private const long Few = 4, Some = 15;

    /// <summary>Whether a layer with these zeros runs sparse.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="sparsity">Share of zeros among its weights.</param>
    /// <param name="positions">Input vectors of a product: all dimensions of x but the inputs'.</param>
    public static bool IsSparse(SparseLayer layer, double sparsity, long positions) =>
        sparsity >= (layer.Node.OpType == "SparseConv" ? ForConvolutions
            : positions <= Few ? ForFew
            : positions <= Some ? ForSome
            : ForMany);
}
