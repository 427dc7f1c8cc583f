using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>Parents made of a model without a fit: one sparse level, s50, by magnitude.</summary>
static class TestParents
{
    public static ParentModel Of(ModelProto dense, SideParameters? sides = null)
    {
        var model = MaskableModel.From(dense);
        return ParentModel.Create(model, new ParentContent
        {
            Masks = ElsaAllocation.Global.Masks(model, ElsaImportance.Magnitude, [0.5]),
            LevelNames = ["s50"],
            SideParameters = sides ?? new SideParameters(),
            Fit = new ElsaFit { Method = "test", Importance = "magnitude", Allocation = "global" },
        });
    }
}
