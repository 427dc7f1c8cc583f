using System.Diagnostics;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Parents;

/// <summary>
/// Level s90 taken out of an opened parent, in turn with a copy of the dense weights. A share is the time of the copy
/// over the time of the extraction.
/// </summary>
sealed record ExtractionComparison
{
    const int RoundsOfSlowJobs = 3;

    static readonly Dictionary<bool, ExtractionComparison> Measured = [];

    /// <summary>With level maps decoded before, as an opened parent has them.</summary>
    public required Ratios Masking { get; init; }

    /// <summary>Gigabytes of weights that masking writes in a second.</summary>
    public required double MaskingSpeed { get; init; }

    /// <summary>Gigabytes of weights that the copy writes in a second.</summary>
    public required double CopySpeed { get; init; }

    /// <summary>As <see cref="Masking"/>, when the level maps, coded as thresholds, are decoded too.</summary>
    public required Ratios WithThresholds { get; init; }

    /// <summary>As <see cref="Masking"/>, when the level maps, entropy-coded, are decoded too.</summary>
    public required Ratios WithEntropy { get; init; }

    /// <summary>ParentModel.Extract against a copy to new memory.</summary>
    public required Ratios WholeModel { get; init; }

    /// <summary>The comparison, measured when it is first asked for.</summary>
    public static ExtractionComparison Get(bool full) => Measured.TryGetValue(full, out var measured)
        ? measured
        : Measured[full] = Measure(new ExtractionJobs(), full ? 33 : 11);

    static ExtractionComparison Measure(ExtractionJobs jobs, int rounds)
    {
        var masking = Race(rounds, jobs.Copy, jobs.Mask);
        return new ExtractionComparison
        {
            Masking = Shares(masking),
            CopySpeed = jobs.Gigabytes / new Ratios(masking.Select(round => round.Copy)).Median,
            MaskingSpeed = jobs.Gigabytes / new Ratios(masking.Select(round => round.Other)).Median,
            WithThresholds = Shares(Race(rounds, jobs.Copy, jobs.DecodeThresholdsAndMask)),
            WithEntropy = Shares(Race(RoundsOfSlowJobs, jobs.Copy, jobs.DecodeEntropyAndMask)),
            WholeModel = Shares(Race(rounds, jobs.CopyToNewMemory, jobs.Extract)),
        };
    }

    static Ratios Shares(IEnumerable<(double Copy, double Other)> rounds) =>
        new(rounds.Select(round => round.Copy / round.Other));

    /// <summary>Runs two jobs in turn; the first round warms up and does not count.</summary>
    static List<(double Copy, double Other)> Race(int rounds, Action copy, Action other) =>
        [.. Enumerable.Range(0, rounds + 1).Select(_ => (Seconds(copy), Seconds(other))).ToArray().Skip(1)];

    static double Seconds(Action job)
    {
        GC.Collect();
        var clock = Stopwatch.StartNew();
        job();
        return clock.Elapsed.TotalSeconds;
    }
}
