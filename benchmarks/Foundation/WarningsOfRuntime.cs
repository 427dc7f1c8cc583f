using Elsa.MLNet.Benchmarks.Checks;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>What ONNX Runtime logs when it opens and runs a parent.</summary>
sealed class WarningsOfRuntime : ICheck
{
    public string Name => "a parent in plain ONNX Runtime: warnings logged";

    public string Required => "none";

    public Reading Measure(bool full)
    {
        var bytes = FittedNetwork.Mnist.Parent.ToBytes();
        var before = RuntimeLog.Count;
        using (new InferenceSession(bytes)) { }
        var warnings = RuntimeLog.Count - before;
        return Reading.Of(warnings == 0 ? "none" : $"{warnings}: {RuntimeLog.Last}", warnings == 0);
    }
}
