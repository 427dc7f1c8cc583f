using System.Diagnostics;
using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>What a training step costs in forward passes. Both take turns in short samples; the figure is the median ratio.</summary>
sealed class StepCost(StudyNetwork network, int threads) : ICheck
{
    const double Allowed = 3.5;
    const int WarmUp = 10, Passes = 4, RestMilliseconds = 20;

    public string Name => $"training step / forward pass: {network.Title}, batch {StepUnderTest.Batch}, {threads} thread{(threads == 1 ? "" : "s")}";

    public string Required => string.Create(CultureInfo.InvariantCulture, $"at most {Allowed}x");

    public Reading Measure(bool full)
    {
        using var work = new StepUnderTest(network, threads);
        for (var round = 0; round < WarmUp; round++)
        {
            work.Forward();
            work.Step();
        }
        var rounds = Enumerable.Range(0, full ? 121 : 41).Select(_ => (Forward: Time(work.Forward), Step: Time(() => work.Step()))).ToList();
        var ratios = new Ratios(rounds.Select(round => round.Step / round.Forward));
        var forward = new Ratios(rounds.Select(round => round.Forward));
        return Reading.Of(string.Create(CultureInfo.InvariantCulture,
            $"{ratios.Median:0.00}x ({ratios.Smallest:0.0} to {ratios.Largest:0.0} in {ratios.Rounds} rounds; forward {1000 * forward.Median:0.0} ms)"),
            ratios.Median <= Allowed);
    }

    // Threads of the other session spin a while before they sleep, and take a core meanwhile; the first pass wakes this one's.
    static double Time(Action action)
    {
        Thread.Sleep(RestMilliseconds);
        action();
        var clock = Stopwatch.StartNew();
        for (var pass = 0; pass < Passes; pass++) action();
        return clock.Elapsed.TotalSeconds / Passes;
    }
}
