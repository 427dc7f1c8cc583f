using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring.Policy;

namespace Elsa.MLNet.Tests.Scoring.Policy;

/// <summary>Policies on an artificial table of four levels.</summary>
[TestClass]
public sealed class LevelPolicyTests
{
    static readonly ElsaLevel[] Levels =
    [
        Level(0, "dense", 0, 0.991), Level(1, "s50", 0.5, 0.9905), Level(2, "s90", 0.8999, 0.985), Level(3, "s95", 0.95, 0.97),
    ];

    static CostTable Costs => new(
        CostTable.Cost(8, 9, 32_000, 9_000_000), CostTable.Cost(8.5, 12, 30_000, 6_000_000),
        CostTable.Cost(3, 4.5, 85_333.3, 3_000_000), CostTable.Cost(2, 2.5, 128_000, 2_000_000));

    public static IEnumerable<object[]> Choices =>
    [
        [ElsaLevelPolicy.Named("s90"), "s90"],
        [ElsaLevelPolicy.OfSparsity(0), "dense"],
        [ElsaLevelPolicy.OfSparsity(0.9), "s90"],
        [ElsaLevelPolicy.OfSparsity(0.91), "s95"],
        [ElsaLevelPolicy.WithinLatency(9), "dense"],
        [ElsaLevelPolicy.WithinLatency(8.9), "s90"],
        [ElsaLevelPolicy.WithinLatency(8.9, ElsaPercentile.P50), "dense"],
        [ElsaLevelPolicy.WithinLatency(4.4), "s95"],
        [ElsaLevelPolicy.WithinMemory(6_000_000), "s50"],
        [ElsaLevelPolicy.WithinMemory(5_999_999), "s90"],
        [ElsaLevelPolicy.Throughput(32_000.5), "s90"],
        [ElsaLevelPolicy.Throughput(100_000), "s95"],
        [ElsaLevelPolicy.AtLeastAccuracy(0.97), "dense"],
        [ElsaLevelPolicy.FastestWithin(0), "dense"],
        [ElsaLevelPolicy.FastestWithin(0.001), "dense"],
        [ElsaLevelPolicy.FastestWithin(0.006), "s90"],
        [ElsaLevelPolicy.FastestWithin(0.5), "s95"],
        [ElsaLevelPolicy.WithinLatency(5).And(ElsaLevelPolicy.AtLeastAccuracy(0.98)), "s90"],
        [ElsaLevelPolicy.FastestWithin(0.5).And(ElsaLevelPolicy.AtLeastAccuracy(0.98)), "s90"],
        [ElsaLevelPolicy.OfSparsity(0.4).And(ElsaLevelPolicy.FastestWithin(0.002)), "s50"],
    ];

    [TestMethod]
    [DynamicData(nameof(Choices))]
    public void The_right_level_is_chosen(ElsaLevelPolicy policy, string expected) =>
        Assert.AreEqual(expected, Choose(policy).Level.Name, policy.ToString());

    [TestMethod]
    public void The_densest_admissible_level_is_chosen_whatever_the_table()
    {
        var random = new Random(5);
        for (int round = 0; round < 500; round++)
        {
            double[] p95 = [.. Levels.Select(_ => 1.0 + random.Next(10))];
            double budget = 1 + random.Next(10);
            var table = new CostTable([.. p95.Select(ms => CostTable.Cost(ms, ms, 1000 / ms, 1))]);
            int expected = Array.FindIndex(p95, ms => ms <= budget);
            var choice = LevelChooser.Choose(ElsaLevelPolicy.WithinLatency(budget).OrSparsest(), Levels, table);
            Assert.AreEqual(expected < 0 ? 3 : expected, choice.Level.Index);
            Assert.AreEqual(expected < 0, choice.IsFallback);
        }
    }

    [TestMethod]
    public void The_explanation_names_the_numbers()
    {
        string text = Choose(ElsaLevelPolicy.WithinLatency(5).And(ElsaLevelPolicy.AtLeastAccuracy(0.98))).ToString();
        Assert.AreEqual("""
            densest level with P95 of at most 5 ms per batch and accuracy of at least 0.98: s90
              dense: sparsity 0.0, accuracy 0.991, 8 ms median and 9 ms p95 per batch, 32000 rows/s, 9000000 bytes; rejected: P95 of 9 ms per batch is over 5 ms
              s50: sparsity 0.5, accuracy 0.9905, 8.5 ms median and 12 ms p95 per batch, 30000 rows/s, 6000000 bytes; rejected: P95 of 12 ms per batch is over 5 ms
              s90: sparsity 0.9, accuracy 0.985, 3 ms median and 4.5 ms p95 per batch, 85333.3 rows/s, 3000000 bytes; chosen; admissible
              s95: sparsity 0.95, accuracy 0.97, 2 ms median and 2.5 ms p95 per batch, 128000 rows/s, 2000000 bytes; rejected: accuracy 0.97 is below 0.98
            Measured on this machine at 2026-02-03 04:05:06 UTC.
            """.ReplaceLineEndings("\n"), text);
        string others = Choose(ElsaLevelPolicy.WithinMemory(10).And(ElsaLevelPolicy.Throughput(1e6))
            .And(ElsaLevelPolicy.FastestWithin(0.001)).And(ElsaLevelPolicy.OfSparsity(0.7)).OrSparsest()).ToString();
        Assert.Contains("9000000 bytes of memory are over 10 bytes", others);
        Assert.Contains("32000 rows/s are below 1000000 rows/s", others);
        Assert.Contains("accuracy 0.985 is 0.006 below the dense level, more than 0.001", others);
        Assert.Contains("sparsity 0.5 is below 0.7", others);
        Assert.Contains("s95: none is admissible, so the sparsest was taken", others);
    }

    [TestMethod]
    public void Costs_are_asked_for_only_where_a_condition_needs_them()
    {
        var costs = Costs;
        var choice = LevelChooser.Choose(ElsaLevelPolicy.OfSparsity(0.5).And(ElsaLevelPolicy.AtLeastAccuracy(0.9)), Levels, costs);
        Assert.AreEqual(0, costs.Asked);
        Assert.IsNull(choice.MeasuredAt);
        Assert.IsNull(choice.Levels[0].Cost);
        LevelChooser.Choose(ElsaLevelPolicy.FastestWithin(0.1), Levels, costs);
        Assert.AreEqual(1, costs.Asked);
    }

    [TestMethod]
    public void No_admissible_level_is_an_error_that_tells_what_was_measured()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Choose(ElsaLevelPolicy.WithinLatency(1)));
        Assert.Contains("no level is admissible", error.Message);
        Assert.Contains("P95 of 2.5 ms per batch is over 1 ms", error.Message);
        Assert.Contains("add OrSparsest() to the policy", error.Message);
    }

    [TestMethod]
    public void No_admissible_level_is_the_sparsest_where_the_policy_says_so()
    {
        var choice = Choose(ElsaLevelPolicy.WithinLatency(1).OrSparsest());
        Assert.AreEqual("s95", choice.Level.Name);
        Assert.IsTrue(choice.IsFallback);
    }

    [TestMethod]
    public void A_misspelt_name_is_an_error_even_with_a_fallback()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => Choose(ElsaLevelPolicy.Named("s91").OrSparsest()));
        Assert.StartsWith("There is no level 's91'. The levels are dense, s50, s90, s95.", error.Message);
    }

    [TestMethod]
    public void A_level_without_the_metric_is_rejected()
    {
        var choice = Choose(ElsaLevelPolicy.AtLeastAccuracy(0.5, "agreement").OrSparsest());
        Assert.IsTrue(choice.IsFallback);
        Assert.AreEqual("the parent tells no agreement of it", choice.Levels[0].Rejections.Single());
        var fastest = Choose(ElsaLevelPolicy.FastestWithin(0.5, "agreement").OrSparsest());
        Assert.AreEqual("the parent tells no agreement of it or of the dense level", fastest.Levels[1].Rejections.Single());
    }

    /// <summary>The only ones that a regression has.</summary>
    [TestMethod]
    public void Of_errors_less_is_better()
    {
        var levels = Levels.Select(level => level with
        {
            Metrics = new Dictionary<string, double> { ["relativeError"] = new[] { 0, 0.01, 0.04, 0.2 }[level.Index], ["meanSquaredError"] = 2 + level.Index },
        }).ToArray();
        var choice = LevelChooser.Choose(ElsaLevelPolicy.FastestWithin(0.05, "relativeError"), levels, Costs);
        Assert.AreEqual("s90", choice.Level.Name);
        Assert.AreEqual("relativeError 0.2 is 0.2 above the dense level, more than 0.05", choice.Levels[3].Rejections.Single());
        Assert.AreEqual("fastest level with meanSquaredError at most 1 above dense", ElsaLevelPolicy.FastestWithin(1, "meanSquaredError").ToString());
        Assert.AreEqual("dense", LevelChooser.Choose(ElsaLevelPolicy.FastestWithin(1, "meanSquaredError"), levels, Costs).Level.Name);
    }

    [TestMethod]
    public void A_policy_is_not_changed_by_what_is_made_of_it()
    {
        var policy = ElsaLevelPolicy.WithinLatency(1);
        string before = policy.ToString();
        Assert.AreNotSame(policy, policy.OrSparsest());
        policy.And(ElsaLevelPolicy.Named("dense")).Remeasured();
        Assert.AreEqual(before, policy.ToString());
        Assert.ThrowsExactly<InvalidOperationException>(() => Choose(policy));
        Assert.EndsWith(", or the sparsest", policy.OrSparsest().And(ElsaLevelPolicy.OfSparsity(0.5)).Remeasured().ToString());
    }

    [TestMethod]
    public void Values_out_of_range_are_refused()
    {
        Assert.Contains("write 0.002 for 0.2 points", Assert.Throws<ArgumentOutOfRangeException>(() => ElsaLevelPolicy.FastestWithin(5)).Message);
        Assert.Contains("write 0.98 for 98 %", Assert.Throws<ArgumentOutOfRangeException>(() => ElsaLevelPolicy.AtLeastAccuracy(99)).Message);
        _ = (ElsaLevelPolicy.FastestWithin(5, "points"), ElsaLevelPolicy.AtLeastAccuracy(1), ElsaLevelPolicy.AtLeastAccuracy(99, "points"));
        Assert.Throws<ArgumentException>(() => ElsaLevelPolicy.Named(" "));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLevelPolicy.OfSparsity(90));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLevelPolicy.OfSparsity(double.NaN));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLevelPolicy.WithinLatency(0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLevelPolicy.WithinLatency(1, (ElsaPercentile)7));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLevelPolicy.WithinMemory(0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLevelPolicy.Throughput(double.PositiveInfinity));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLevelPolicy.AtLeastAccuracy(double.NaN));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLevelPolicy.FastestWithin(-0.1));
        var metric = Assert.ThrowsExactly<ArgumentException>(() => ElsaLevelPolicy.AtLeastAccuracy(0.1, "meanSquaredError"));
        Assert.StartsWith("Of 'meanSquaredError' less is better.", metric.Message);
        Assert.ThrowsExactly<ArgumentException>(() => ElsaLevelPolicy.FastestWithin(0.1, " "));
        Assert.ThrowsExactly<ArgumentNullException>(() => ElsaLevelPolicy.Named("dense").And(null!));
    }

    static ElsaLevelChoice Choose(ElsaLevelPolicy policy) => LevelChooser.Choose(policy, Levels, Costs);

    static ElsaLevel Level(int index, string name, double sparsity, double accuracy) => new()
    {
        Index = index,
        Name = name,
        Sparsity = sparsity,
        KeptWeights = 1,
        Sha256 = "",
        Metrics = new SortedDictionary<string, double> { ["accuracy"] = accuracy },
    };
}
