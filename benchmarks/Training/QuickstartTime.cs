using System.Diagnostics;
using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>The quickstart trains its dense network from random weights and embeds the levels.</summary>
sealed class QuickstartTime : ICheck
{
    const double AllowedSeconds = 180;

    public string Name => "quickstart: dense network from random weights, then four levels";

    public string Required => string.Create(CultureInfo.InvariantCulture, $"under {AllowedSeconds} s");

    public Reading Measure(bool full)
    {
        var output = Path.Combine(Path.GetTempPath(), $"elsa-{Guid.NewGuid():N}.onnx");
        try
        {
            var start = new ProcessStartInfo("dotnet", ["run", "-c", "Release", "--project", "examples/Quickstart", "--", "--output", output])
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true,
            };
            var clock = Stopwatch.StartNew();
            using var process = Process.Start(start)!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            var seconds = clock.Elapsed.TotalSeconds;
            return Reading.Of(string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s, start and build included"),
                process.ExitCode == 0 && File.Exists(output) && seconds < AllowedSeconds);
        }
        finally
        {
            File.Delete(output);
        }
    }
}
