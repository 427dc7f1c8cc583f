using System.Diagnostics;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Saving;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Complaints;

/// <summary>What is left of models that were loaded, scored with and disposed.</summary>
[TestClass]
[DoNotParallelize]
public sealed class NativeMemoryTests
{
    const int Hidden = 1 << 17, WarmUp = 40, Rounds = 40;

    // A model has 8 MiB of weights: a leak of one copy in each round would be five times the bound. The values between
    // two operators are 30 MB, which the allocator of each thread that scored may keep: it takes rounds to settle.
    const long Slack = 64 << 20;

    [TestMethod, Complaint("Native memory leaks")]
    public void Native_leaks_forty_rounds_of_load_score_and_dispose_leave_memory_flat()
    {
        using var saved = new SavedModels(Network());
        string path;
        using (var fitted = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent).Fit(saved.View))
            path = saved.Save(fitted);
        Work(WarmUp);
        var before = Usage();
        Work(Rounds);
        var after = Usage();
        Assert.IsLessThanOrEqualTo(before + Slack, after);

        void Work(int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                using var loaded = (IDisposable)new MLContext(1).Model.Load(path, out _);
                var name = SavedModels.Levels[round % SavedModels.Levels.Length];
                using var level = (IDisposable)((ITransformer)loaded).WithElsaLevel(name);
                Assert.HasCount(60, SaveAndLoadTests.Scores(saved, (ITransformer)level));
            }
        }
    }

    static ModelProto Network() => TestModels.Model(
        [("x", ["N", SmallNetwork.Inputs])], [("y", ["N", 3])], DataType.Float,
        [
            TestModels.Node("MatMul", ["x", "w1"], "h"), TestModels.Node("Relu", ["h"], "r"),
            TestModels.Node("MatMul", ["r", "w2"], "y"),
        ],
        [
            TestModels.Random("w1", DataType.Float, 1, SmallNetwork.Inputs, Hidden),
            TestModels.Random("w2", DataType.Float, 2, Hidden, 3),
        ]);

    /// <summary>Memory of the process without the heap of .NET, whose size is a matter of the collector.</summary>
    static long Usage()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 - GC.GetGCMemoryInfo().TotalCommittedBytes;
    }
}
