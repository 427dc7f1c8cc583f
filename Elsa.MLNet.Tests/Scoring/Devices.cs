using Elsa.MLNet.Scoring;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>Execution providers of this process that are not the CPU and that run on this machine.</summary>
internal static class Devices
{
    private static readonly Lazy<string[]> All = new(() =>
    [
        .. Provider.Available().Select(name => Provider.Named(name).Name).Where(name => name != "CPU" && Runs(name)),
    ]);

    public static bool Runs(string name) =>
        ProviderChoice.Resolve(new MLContext(1), new ElsaExecutionOptions { Provider = name, FallbackToCpu = true })
            .Provider == Provider.Named(name).Name;

    /// <summary>Those there are; the test is inconclusive if there are none.</summary>
    public static string[] Require()
    {
        if (All.Value.Length == 0)
        {
            Assert.Inconclusive(
                $"No provider but the CPU runs here: this ONNX Runtime has {string.Join(", ", Provider.Available())}. " +
                "examples/gpu/README.md tells how to run this test on one.");
        }
        return All.Value;
    }
}
