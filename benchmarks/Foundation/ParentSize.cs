using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Parents;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>What four sparse levels add to a file, when masks go by magnitude.</summary>
sealed class ParentSize : ICheck
{
    const double Most = 1.08;

    public string Name => "size: parent over dense file, magnitude masks at 50, 80, 90, 95 %";

    public string Required => $"at most {Most:0.00} for every model over 1 MB";

    public Reading Measure(bool full)
    {
        var sizes = LargeModel.All().Select(model => (model.Name, Size: model.RelativeSize(model.Masks))).ToList();
        var worst = sizes.MaxBy(size => size.Size);
        return Reading.Of($"{worst.Size:0.0000} ({worst.Name}, worst of {sizes.Count})", worst.Size <= Most);
    }
}
