using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Parents;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>ParentModel.Extract, which makes a model of its own, against a copy into new memory.</summary>
sealed class ExtractionOfWholeModel : ICheck
{
    public string Name => "extraction: ParentModel.Extract, share of the speed of a copy into new memory";

    public string Required => "";

    public Reading Measure(bool full) => Reading.ForInformation(ExtractionComparison.Get(full).WholeModel.AsShare());
}
