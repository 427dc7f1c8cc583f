using System.Diagnostics;
using System.Text.Json;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>Nested levels beside independent networks of the same sparsities and budget, over seeds.</summary>
sealed class Study
{
    static readonly Dictionary<string, Study> Done = [];

    readonly Dictionary<(StudyJob Job, string Level), double> _accuracies = [];

    Study(StudyNetwork network, StudyLoss loss, IReadOnlyList<int> seeds, int epochs, int images)
    {
        (Network, Loss, Seeds, Epochs, Images) = (network, loss, seeds, epochs, images);
        Original = StudyJob.OriginalAccuracy(network);
    }

    public StudyNetwork Network { get; }

    public StudyLoss Loss { get; }

    public IReadOnlyList<int> Seeds { get; }

    public int Epochs { get; }

    public int Images { get; }

    /// <summary>Accuracy of the network as it was.</summary>
    public double Original { get; }

    /// <summary>The levels, dense first.</summary>
    public IReadOnlyList<string> Levels => Nested(Seeds[0]).Levels;

    /// <summary>Mean accuracy of a level of the nested networks over the seeds.</summary>
    public double NestedAccuracy(string level) => Seeds.Average(seed => _accuracies[(Nested(seed), level)]);

    /// <summary>Mean accuracy of the independent networks over the seeds.</summary>
    public double IndependentAccuracy(string level) => Seeds.Average(seed => _accuracies[(Independent(seed, level), level)]);

    /// <summary>Largest less smallest accuracy over the seeds.</summary>
    public double Spread(string level, bool nested)
    {
        var found = Seeds.Select(seed => _accuracies[(nested ? Nested(seed) : Independent(seed, level), level)]).ToList();
        return found.Max() - found.Min();
    }

    /// <summary>Runs the study, unless it was run in this process.</summary>
    /// <param name="network">The network.</param>
    /// <param name="loss">What is minimised.</param>
    /// <param name="seeds">Seeds; figures are means over them.</param>
    /// <param name="epochs">Passes over the training images per level.</param>
    /// <param name="images">Training images; 0 for all.</param>
    /// <param name="parallel">Fits that run side by side, each in a process of its own.</param>
    /// <param name="threads">Threads of each; null leaves it to ONNX Runtime.</param>
    public static Study Run(StudyNetwork network, StudyLoss loss, IReadOnlyList<int> seeds, int epochs, int images, int parallel = 1, int? threads = null)
    {
        var key = $"{network.Name} {loss} {string.Join(',', seeds)} {epochs} {images}";
        if (Done.TryGetValue(key, out var known)) return known;
        var study = new Study(network, loss, seeds, epochs, images);
        // Nested fits are the longest, so they start first.
        StudyJob[] jobs = [.. seeds.Select(study.Nested), .. seeds.SelectMany(seed => study.Levels.Select(level => study.Independent(seed, level)))];
        Parallel.ForEach(jobs, new ParallelOptions { MaxDegreeOfParallelism = parallel }, job =>
        {
            var clock = Stopwatch.StartNew();
            var found = RunInProcess(job, threads);
            lock (study._accuracies)
            {
                foreach (var (level, accuracy) in found) study._accuracies[(job, level)] = accuracy;
                Console.Error.WriteLine($"{network.Name}, {loss}, seed {job.Seed}, {job.Level ?? "nested"}: {clock.Elapsed.TotalSeconds:0} s, " +
                    string.Join(", ", found.Select(pair => $"{pair.Key} {100 * pair.Value:0.00}")));
            }
        });
        return Done[key] = study;
    }

    static Dictionary<string, double> RunInProcess(StudyJob job, int? threads)
    {
        string[] limit = threads is { } count ? ["--threads", $"{count}"] : [];
        string[] arguments = ["study-job", JsonSerializer.Serialize(job), .. limit];
        var program = Environment.ProcessPath!;
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") arguments = [typeof(Study).Assembly.Location, .. arguments];
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<Dictionary<string, double>>(output)!
            : throw new InvalidOperationException($"The fit {job} ended with exit code {process.ExitCode}.");
    }

    StudyJob Nested(int seed) => new(Network.Name, Loss, null, seed, Epochs, Images);

    StudyJob Independent(int seed, string level) => new(Network.Name, Loss, level, seed, Epochs, Images);
}
