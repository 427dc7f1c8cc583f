namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>The fixed rule of <see cref="ElsaKernelChoice.CostModel"/>.</summary>
internal static class KernelRule
{
    private const double ForFew = 0.5, ForSome = 0.8, ForMany = 0.6, ForConvolutions = 0.7, WhereWinogradPays = 0.8;
    private const long Few = 4, Some = 15;

    /// <summary>The way in which a layer with these zeros runs; null for ONNX Runtime's.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="level">Level.</param>
    /// <param name="sparsity">Share of zeros among its weights.</param>
    /// <param name="positions">Input vectors of a product: all dimensions of x but the inputs'.</param>
    public static MaskedLayer? Way(MaskedLayer layer, int level, double sparsity, long positions)
    {
        double least = layer.Winograd is not null ? WhereWinogradPays
            : layer.Node.OpType == "SparseConv" ? ForConvolutions
            : positions <= Few ? ForFew
            : positions <= Some ? ForSome
            : ForMany;
        return level > 0 && sparsity >= least ? layer : layer.Winograd;
    }
}
