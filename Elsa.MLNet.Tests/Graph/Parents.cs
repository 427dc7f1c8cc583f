using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Tests.Graph;

/// <summary>What parents of tests are made of.</summary>
static class Parents
{
    /// <summary>One sparse level named s50 that drops every second weight of every tensor: those at odd positions.</summary>
    public static ParentContent Halves(MaskableModel model) => new()
    {
        Masks = new NestedMasks(model.Report.Maskable.Select(tensor => KeyValuePair.Create(tensor.Name,
            new LevelMap([.. tensor.Shape], [.. Enumerable.Range(0, (int)tensor.WeightCount).Select(position => (byte)(1 - position % 2))], 2)))),
        LevelNames = ["s50"],
        Fit = new ElsaFit { Method = "none", Importance = "position", Allocation = "uniform" },
    };
}
