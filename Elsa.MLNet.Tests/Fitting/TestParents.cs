using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>Parents made of a model without a fit, by magnitude.</summary>
static class TestParents
{
    /// <param name="dense">The model.</param>
    /// <param name="sparsities">Of the sparse levels; null for one, s50.</param>
    /// <param name="allocation">Null for global.</param>
    /// <param name="sides">Null for none.</param>
    public static ParentModel Of(
        ModelProto dense, double[]? sparsities = null, ElsaAllocation? allocation = null, SideParameters? sides = null)
    {
        sparsities ??= [0.5];
        allocation ??= ElsaAllocation.Global;
        var model = MaskableModel.From(dense);
        return ParentModel.Create(model, new ParentContent
        {
            Masks = allocation.Masks(model, ElsaImportance.Magnitude, sparsities),
            LevelNames = [.. sparsities.Select(ElsaLevel.NameOf)],
            SideParameters = sides ?? new SideParameters(),
            Fit = new ElsaFit { Method = "test", Importance = "magnitude", Allocation = allocation.Name },
        });
    }
}
