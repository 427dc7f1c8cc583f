using System.Diagnostics;
using Elsa.MLNet.Onnx;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
public sealed class TrainingDeterminismTests
{
    const string FolderVariable = "ELSA_TEST_FIT_FOLDER", ParentName = "fit.elsa.onnx", Started = "started";

    static readonly Lazy<byte[]> Undisturbed = new(() => TrainingTask.Bytes(Options));

    static ElsaSparsifyOptions Options => TrainingTask.Options() with
    {
        Sparsities = [0.5, 0.8, 0.9],
        Training = TrainingTask.Options().Training! with { ReturningWeights = ElsaReturningWeights.Reinitialized, Epochs = 3 },
    };

    [TestMethod]
    public void The_same_seed_gives_the_same_bytes_twice_in_a_process_and_another_seed_others()
    {
        Assert.AreSequenceEqual(Undisturbed.Value, TrainingTask.Bytes(Options));
        using var one = TrainingTask.Fit(new MLContext(1), Options);
        using var other = TrainingTask.Fit(new MLContext(1), Options with { Seed = 2 });
        Assert.IsFalse(TrainingTask.Raw(one.Parent.Extract(0), "w1").SequenceEqual(TrainingTask.Raw(other.Parent.Extract(0), "w1")));
    }

    /// <summary>Also what the other tests start in a process of its own, in a folder that they name.</summary>
    [TestMethod]
    public void A_fit_leaves_a_checkpoint_per_level_and_a_valid_parent()
    {
        using var own = new CheckpointFolder();
        var folder = Environment.GetEnvironmentVariable(FolderVariable) ?? own.Name;
        using var elsa = TrainingTask.Fit(new MLContext(1), Options with
        {
            Training = Options.Training! with { CheckpointDirectory = folder },
            // A little time between steps, for whoever wants to kill this process.
            Progress = new TrainingTask.Immediate(report =>
            {
                if (report is { Phase: "train", Done: 1 }) File.WriteAllText(Path.Combine(folder, Started), "");
                if (folder != own.Name) Thread.Sleep(2);
            }),
        });
        elsa.SaveParent(Path.Combine(folder, ParentName));
        Assert.IsTrue(ParentVerification.OfParent(Path.Combine(folder, ParentName)).IsValid);
        Assert.HasCount(4, Directory.GetFiles(folder, "*.elsa-checkpoint.onnx"));
    }

    [TestMethod]
    public void Another_process_gives_the_same_bytes()
    {
        using var folder = new CheckpointFolder();
        using var process = FitInAnotherProcess(folder);
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode);
        Assert.AreSequenceEqual(Undisturbed.Value, File.ReadAllBytes(Path.Combine(folder.Name, ParentName)));
    }

    [TestMethod]
    public void A_killed_process_leaves_whole_checkpoints_and_another_goes_on_to_the_same_bytes() => KillAndGoOn(attempts: 1, seed: 1);

    [TestMethod]
    [TestCategory("Slow")]
    public void A_process_killed_at_any_of_many_moments_leaves_whole_checkpoints() => KillAndGoOn(attempts: 20, seed: 2);

    static void KillAndGoOn(int attempts, int seed)
    {
        var random = new Random(seed);
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            using var folder = new CheckpointFolder();
            using (var process = FitInAnotherProcess(folder))
            {
                while (!process.HasExited && !File.Exists(Path.Combine(folder.Name, Started))) Thread.Sleep(5);
                Thread.Sleep(random.Next(400));
                process.Kill();
                process.WaitForExit();
            }
            foreach (var level in folder.Levels)
            {
                var (weights, levels) = folder.Read(level);
                Assert.HasCount(SmallNetwork.Inputs * SmallNetwork.Hidden + SmallNetwork.Hidden * SmallNetwork.Classes, weights);
                Assert.HasCount(weights.Length, levels);
            }
            Assert.AreSequenceEqual(Undisturbed.Value, TrainingTask.Bytes(folder.Into(Options)));
        }
    }

    static Process FitInAnotherProcess(CheckpointFolder folder)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(TrainingDeterminismTests).Assembly.Location, "--no-banner", "--filter",
            $"FullyQualifiedName~{nameof(TrainingDeterminismTests)}.{nameof(A_fit_leaves_a_checkpoint_per_level_and_a_valid_parent)}"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment[FolderVariable] = folder.Name;
        return Process.Start(start)!;
    }
}
