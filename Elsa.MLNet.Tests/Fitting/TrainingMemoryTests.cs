using Microsoft.ML;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
[DoNotParallelize]
public sealed class TrainingMemoryTests
{
    const long AllocationPerStep = 64 * 1024, Growth = 512 * 1024;

    [TestMethod]
    public void A_step_allocates_less_than_64_KB_and_memory_is_flat_over_300_steps() => AssertFlat(epochs: 10);

    [TestMethod]
    [TestCategory("Slow")]
    public void A_step_allocates_less_than_64_KB_and_memory_is_flat_over_5000_steps() => AssertFlat(epochs: 157);

    /// <summary>Fits two levels of 16 steps per epoch.</summary>
    static void AssertFlat(int epochs)
    {
        var (steps, start, startMemory, total) = (0L, 0L, 0L, 2L * 16 * epochs);
        var (end, endMemory) = (0L, 0L);
        var options = TrainingTask.Options() with
        {
            Sparsities = [0.9],
            HoldOutFraction = 0,
            Progress = new TrainingTask.Immediate(report =>
            {
                if (report.Phase != "train") return;
                steps = report.Done;
                // The first steps still fill caches.
                if (steps == 20 && startMemory == 0) (startMemory, start) = (GC.GetTotalMemory(forceFullCollection: true), GC.GetAllocatedBytesForCurrentThread());
                if (steps == total && endMemory == 0) (end, endMemory) = (GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalMemory(forceFullCollection: true));
            }),
        };
        options = options with { Training = options.Training! with { Epochs = epochs } };
        using var elsa = TrainingTask.Fit(new MLContext(1), options);
        Assert.AreEqual(total, steps);
        Assert.IsLessThan(AllocationPerStep, (end - start) / (total - 20));
        Assert.IsLessThan(Growth, endMemory - startMemory);
    }
}
