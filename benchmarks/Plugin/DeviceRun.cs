using System.Globalization;
using System.Text.RegularExpressions;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Plugin;

/// <summary>
/// The tests of devices on a copy of the test program that runs on an ONNX Runtime with WebGPU: on the GPU that Vulkan finds,
/// or on SwiftShader, a driver that computes on the processor.
/// </summary>
sealed partial class DeviceRun : ICheck
{
    static readonly string[] Networks = ["mnist-burn", "resnet20"];

    public string Name => "every level of mnist-burn and resnet20 on WebGPU against the CPU; CUDA asked for there";

    public string Required => "within 1e-3; one clear error or a logged fallback";

    public Reading Measure(bool full)
    {
        var script = SharedFiles.Require("tools/gpu-native/gpu-native.sh");
        if (!OperatingSystem.IsLinux()) return new Reading("skipped: the native libraries are Linux's", Verdict.Skipped);
        Dictionary<string, string> none = [];
        if (TestOutcome.Of("dotnet", none, "build", "Elsa.MLNet.Tests", "-c", "Release") is { ExitCode: not 0 } build)
            throw new InvalidOperationException($"The tests do not build: {build.Output}");
        var native = Directory.CreateTempSubdirectory("elsa-native-");
        try
        {
            var made = TestOutcome.Of("bash", none, script, native.FullName);
            if (made.ExitCode != 0) throw new InvalidOperationException($"'{script}' ended with {made.ExitCode}.");
            // Its last line names the variables to run with.
            var variables = made.Output.Trim().Split('\n')[^1].Split(' ').Select(word => word.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
            var outcome = TestOutcome.Of("bash", variables, "examples/gpu/test-on-device", "Elsa.MLNet.Tests/bin/Release/net10.0", native.FullName);
            var worst = Networks.Select(network => (network, Levels: Differences().Matches(outcome.Output).Where(line => line.Groups[1].Value.StartsWith(network, StringComparison.Ordinal)).ToList())).ToList();
            var texts = worst.Select(found => found.Levels.Count == 0
                ? $"{found.network} was not scored"
                : $"{found.network} {found.Levels.Max(line => double.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture)).ToString("0.0e+0", CultureInfo.InvariantCulture)}");
            return Reading.Of($"{outcome}; largest difference {string.Join(", ", texts)}", outcome.Passed && worst.All(found => found.Levels.Count > 0));
        }
        finally
        {
            native.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"WebGPU (\S+) \S+: largest difference ([0-9.e+-]+)")]
    private static partial Regex Differences();
}
