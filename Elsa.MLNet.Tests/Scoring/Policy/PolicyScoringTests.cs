using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Data;
using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Onnx;

namespace Elsa.MLNet.Tests.Scoring.Policy;

/// <summary>Policies from the pipeline's doors to the scores, with levels that are really run.</summary>
[TestClass]
[DoNotParallelize]
public sealed class PolicyScoringTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("elsa-policy");
    readonly string? _before = Environment.GetEnvironmentVariable(MachineFolder.Variable);
    readonly MLContext _context = new(1);
    readonly ParentModel _parent = TestParents.Of(SmallNetwork.Make())
        .WithMetrics([new Dictionary<string, double> { ["accuracy"] = 0.9 }, new Dictionary<string, double> { ["accuracy"] = 0.8 }]);

    public PolicyScoringTests() => Environment.SetEnvironmentVariable(MachineFolder.Variable, _folder.FullName);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(MachineFolder.Variable, _before);
        _folder.Delete(recursive: true);
    }

    [TestMethod]
    public void A_pipeline_scores_with_the_level_that_its_policy_chooses()
    {
        var rows = SmallNetwork.Rows(_context, 50);
        using var chosen = _context.Transforms
            .ApplyElsaModel("Score", "Features", _parent, ElsaLevelPolicy.OfSparsity(0.5)).Fit(rows);
        using var named = _context.Transforms.ApplyElsaModel("Score", "Features", _parent, "s50").Fit(rows);
        Assert.AreEqual("s50", chosen.Choice!.Level.Name);
        Assert.AreEqual(1, chosen.Level);
        Assert.IsNull(named.Choice);
        var (expected, actual) = (TestRows.Vectors(named.Transform(rows)), TestRows.Vectors(chosen.Transform(rows)));
        for (int row = 0; row < expected.Length; row++) Assert.AreSequenceEqual(expected[row], actual[row]);
        Assert.IsEmpty(_folder.GetFiles());
    }

    [TestMethod]
    public void Levels_are_measured_on_this_machine_at_the_first_use_and_the_numbers_are_kept()
    {
        var rows = SmallNetwork.Rows(_context, 50);
        string file = Path.Combine(_folder.FullName, "parent.onnx");
        _parent.Write(file);
        var policy = ElsaLevelPolicy.WithinLatency(60_000).And(ElsaLevelPolicy.WithinMemory(long.MaxValue))
            .And(ElsaLevelPolicy.Throughput(0.001));
        using var first = _context.Transforms.ApplyElsaModel("Score", "Features", file, policy).Fit(rows);
        using var second = _context.Transforms.ApplyElsaModel("Score", "Features", file, policy).Fit(rows);
        using var third = second.WithLevel(policy.Remeasured());
        Assert.AreEqual("dense", first.Choice!.Level.Name);
        Assert.IsFalse(first.Choice.IsFromCache);
        Assert.IsTrue(second.Choice!.IsFromCache);
        Assert.IsFalse(third.Choice!.IsFromCache);
        for (int level = 0; level < 2; level++)
        {
            var cost = first.Choice.Levels[level].Cost!;
            Assert.IsGreaterThan(0, cost.MedianMilliseconds);
            Assert.IsGreaterThanOrEqualTo(cost.MedianMilliseconds, cost.P95Milliseconds);
            Assert.AreEqual(256_000 / cost.MedianMilliseconds, cost.RowsPerSecond, 1e-6 * cost.RowsPerSecond);
            Assert.IsGreaterThan((long)_parent.Extract(level).CalculateSize(), cost.MemoryBytes);
            Assert.AreEqual(cost, second.Choice.Levels[level].Cost);
        }
        Assert.HasCount(2, _folder.GetFiles());
    }

    [TestMethod]
    public void A_budget_that_no_level_meets_is_an_error_or_the_sparsest_level()
    {
        var warnings = new List<string>();
        _context.Log += (_, entry) =>
        {
            if (entry.Kind == ChannelMessageKind.Warning) warnings.Add(entry.RawMessage);
        };
        using var dense = _context.Transforms.ApplyElsaModel("Score", "Features", _parent).Fit(SmallNetwork.Rows(_context, 5));
        var table = new CostTable(CostTable.Cost(2, 3, 500, 7), CostTable.Cost(1, 1, 1000, 5));
        Assert.ThrowsExactly<InvalidOperationException>(() => dense.WithLevel(ElsaLevelPolicy.WithinMemory(1), table));
        using var sparsest = dense.WithLevel(ElsaLevelPolicy.WithinMemory(1).OrSparsest(), table);
        Assert.AreEqual(1, sparsest.Level);
        Assert.Contains("5 bytes of memory are over 1 bytes", warnings.Single());
        using var again = sparsest.WithLevel(1);
        Assert.IsNull(again.Choice);
    }

    [TestMethod]
    public void A_failing_policy_leaves_the_estimator_usable()
    {
        var rows = SmallNetwork.Rows(_context, 5);
        var estimator = _context.Transforms.ApplyElsaModel("Score", "Features", _parent, ElsaLevelPolicy.AtLeastAccuracy(0.95));
        for (int time = 0; time < 2; time++)
        {
            var error = Assert.ThrowsExactly<InvalidOperationException>(() => estimator.Fit(rows));
            Assert.Contains("accuracy 0.9 is below 0.95", error.Message);
        }
    }

    [TestMethod]
    public void Rows_of_an_open_size_are_measured_with_the_size_of_the_data()
    {
        var open = Open();
        var rows = TestRows.View(_context, 5);
        var policy = ElsaLevelPolicy.WithinLatency(60_000);
        using var transformer = _context.Transforms.ApplyElsaModel("Score", "Features", open).Fit(rows);
        var error = Assert.ThrowsExactly<ArgumentException>(() => transformer.WithLevel(policy));
        Assert.Contains("leaves the size of a row open. Give the schema of the data", error.Message);
        using var chosen = transformer.WithLevel(policy, rows.Schema);
        Assert.AreEqual("dense", chosen.Choice!.Level.Name);
        using var unmeasured = transformer.WithLevel(ElsaLevelPolicy.Named("s50"));
        Assert.AreEqual(1, unmeasured.Level);
    }

    [TestMethod]
    public void After_Dispose_a_policy_throws_ObjectDisposedException()
    {
        var transformer = _context.Transforms.ApplyElsaModel("Score", "Features", _parent).Fit(SmallNetwork.Rows(_context, 5));
        transformer.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => transformer.WithLevel(ElsaLevelPolicy.Named("s50")));
    }

    // Each row is multiplied as a column, so that its length may be any multiple of one.
    static ParentModel Open()
    {
        var model = TestModels.Model([("x", ["N", "L", 1])], [("y", ["N", "L", 4])], TensorProto.Types.DataType.Float,
            [TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", TensorProto.Types.DataType.Float, 3, 1, 4)]);
        return TestParents.Of(model);
    }
}
