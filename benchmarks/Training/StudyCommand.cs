using System.CommandLine;
using System.Text.Json;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary><c>study</c>: nested levels beside independent networks, written as a table.</summary>
static class StudyCommand
{
    public static IEnumerable<Command> Create()
    {
        var networks = new Argument<string[]>("networks") { Description = "mnist, cifar, or both." };
        var seeds = new Option<int[]>("--seeds") { Description = "Seeds.", DefaultValueFactory = _ => [1, 2, 3], AllowMultipleArgumentsPerToken = true };
        var epochs = new Option<int?>("--epochs") { Description = "Passes per level. Default: 2 for mnist, 10 for cifar." };
        var images = new Option<int>("--images") { Description = "Training images, the first ones. Default: all." };
        var losses = new Option<StudyLoss[]>("--losses")
        {
            Description = "What is minimised.",
            DefaultValueFactory = _ => [StudyLoss.Labels, StudyLoss.Distillation],
            AllowMultipleArgumentsPerToken = true,
        };
        var parallel = new Option<int>("--parallel") { Description = "Fits side by side.", DefaultValueFactory = _ => 1 };
        var threads = new Option<int?>("--threads") { Description = "Threads of each fit." };
        var output = new Option<string?>("--output") { Description = "File for the table. Default: benchmarks/results/<processor>/study.md." };
        var study = new Command("study", "Trains nested levels and independent networks, and writes what each reaches.")
            { networks, seeds, epochs, images, losses, parallel, threads, output };
        study.SetAction(parsed =>
        {
            var done = parsed.GetValue(networks)!.Select(StudyNetwork.Named).SelectMany(network => parsed.GetValue(losses)!.Select(loss =>
                Study.Run(network, loss, parsed.GetValue(seeds)!, parsed.GetValue(epochs) ?? network.Epochs, parsed.GetValue(images),
                    parsed.GetValue(parallel), parsed.GetValue(threads)))).ToList();
            var path = parsed.GetValue(output) ?? Path.Combine(Repository.Root, "benchmarks", "results", Machine.Current.Slug, "study.md");
            StudyTable.Write(path, "dotnet run -c Release --project benchmarks -- " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1)), done);
            Console.WriteLine(File.ReadAllText(path));
        });

        var job = new Argument<string>("job");
        var jobThreads = new Option<int?>("--threads");
        var single = new Command("study-job", "One fit of a study; used by the study itself.") { job, jobThreads };
        single.Hidden = true;
        single.SetAction(parsed => Console.WriteLine(JsonSerializer.Serialize(
            JsonSerializer.Deserialize<StudyJob>(parsed.GetValue(job)!)!.Run(parsed.GetValue(jobThreads)))));
        return [study, single];
    }
}
