using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Parents;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>As <see cref="ParentSize"/>, with the worst masks there are: those that nothing explains.</summary>
sealed class ParentSizeWithRandomMasks : ICheck
{
    public string Name => "size: parent over dense file, random masks of the same sparsities";

    public string Required => "";

    public Reading Measure(bool full)
    {
        var sizes = LargeModel.All()
            .Select(model => (model.Name, Size: model.RelativeSize(ShuffledMasks.Of(model.Masks))))
            .OrderBy(size => size.Size).ToList();
        return Reading.ForInformation(
            $"{sizes[0].Size:0.000} ({sizes[0].Name}) to {sizes[^1].Size:0.000} ({sizes[^1].Name})");
    }
}
