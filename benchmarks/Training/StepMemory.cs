using System.Diagnostics;
using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>What training steps leave behind: managed allocation per step, and the process's memory over many.</summary>
sealed class StepMemory(StudyNetwork network) : ICheck
{
    const double AllowedKilobytes = 64, AllowedGrowthMegabytes = 8;
    const int WarmUp = 50, QuickSteps = 300, Steps = 5000;

    public string Name => $"memory of a training step: {network.Title}, batch {StepUnderTest.Batch}";

    public string Required => string.Create(CultureInfo.InvariantCulture,
        $"under {AllowedKilobytes} KB managed per step; the process grows by less than {AllowedGrowthMegabytes} MB over 5,000 steps (--full)");

    public Reading Measure(bool full)
    {
        using var work = new StepUnderTest(network, Math.Min(2, Environment.ProcessorCount));
        for (var step = 0; step < WarmUp; step++) work.Step();
        var steps = full ? Steps : QuickSteps;
        GC.Collect();
        var (memory, allocated) = (Resident(), GC.GetAllocatedBytesForCurrentThread());
        var loss = 0f;
        for (var step = 0; step < steps; step++) loss = work.Step();
        var kilobytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / 1024.0 / steps;
        GC.Collect();
        var growth = (Resident() - memory) / (1024.0 * 1024);
        return Reading.Of(string.Create(CultureInfo.InvariantCulture, $"{kilobytes:0.00} KB per step; {growth:+0.0;-0.0} MB over {steps} steps; loss {loss:0.0000}"),
            kilobytes < AllowedKilobytes && growth < AllowedGrowthMegabytes && float.IsFinite(loss));
    }

    static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
