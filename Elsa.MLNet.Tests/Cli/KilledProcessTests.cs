using System.Diagnostics;
using Elsa.MLNet.Cli;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Tests.Cli;

[TestClass]
public sealed class KilledProcessTests
{
    const int Attempts = 15;

    [TestMethod]
    public void A_process_killed_at_any_moment_of_extract_leaves_a_complete_and_valid_file_or_none()
    {
        using var parent = new SmallParent();
        var (path, model) = LargeParent(parent);
        var target = parent.In("killed.onnx");
        var usual = TimeToExtract(path, parent.In("usual.onnx"));
        var random = new Random(3);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var process = Start(path, target);
            if (!process.WaitForExit(usual * random.NextDouble())) process.Kill();
            process.WaitForExit();
            AssertAbsentOrValid(model, target);
        }
    }

    [TestMethod]
    public void A_process_interrupted_at_any_moment_of_extract_leaves_no_part_behind()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Windows cannot send Ctrl+C to one process alone.");
        using var parent = new SmallParent();
        var (path, model) = LargeParent(parent);
        var target = parent.In("interrupted.onnx");
        var usual = TimeToExtract(path, parent.In("usual.onnx"));
        var random = new Random(4);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var process = Start(path, target);
            if (!process.WaitForExit(usual * random.NextDouble()))
                using (var interrupt = Process.Start("kill", ["-INT", $"{process.Id}"])) interrupt.WaitForExit();
            process.WaitForExit();
            Assert.Contains(process.ExitCode, new[] { 0, 130 });
            AssertAbsentOrValid(model, target);
            Assert.IsFalse(parent.Others().Any(name => name.EndsWith(".part", StringComparison.Ordinal)));
        }
    }

    /// <summary>A parent of some 30 MB.</summary>
    static (string Path, ParentModel Model) LargeParent(SmallParent beside)
    {
        var path = beside.In("large.elsa.onnx");
        var model = SmallParent.Make(MaskableModel.From(SmallParent.Network(hidden: 130_000)));
        model.Write(path);
        return (path, model);
    }

    static TimeSpan TimeToExtract(string parent, string target)
    {
        var watch = Stopwatch.StartNew();
        using var process = Start(parent, target);
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode);
        return watch.Elapsed;
    }

    static void AssertAbsentOrValid(ParentModel parent, string target)
    {
        if (!File.Exists(target)) return;
        Assert.IsTrue(ParentVerification.OfExtracted(parent, target, "s90").IsValid);
        File.Delete(target);
    }

    static Process Start(string parent, string target) => Process.Start(new ProcessStartInfo("dotnet",
        [typeof(ElsaCli).Assembly.Location, "extract", parent, "--level", "s90", "-o", target])
    {
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;
}
