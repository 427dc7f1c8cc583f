using System.Runtime.InteropServices;
using Elsa.MLNet.Tests.Scoring;

namespace Elsa.MLNet.Tests.Training;

/// <summary>What is not selected keeps every bit, whatever the step does.</summary>
[TestClass]
public sealed class FrozenWeightTests
{
    // -0, the smallest and the largest subnormal of both signs, the largest number.
    static readonly float[] Peculiar = [-0f, float.Epsilon, -float.Epsilon, BitConverter.UInt32BitsToSingle(0x007FFFFF),
        BitConverter.UInt32BitsToSingle(0x807FFFFF), 0f, 1e-30f, -1e-20f];

    [TestMethod]
    [DataRow("sgd", null)]
    [DataRow("sgd", 1.0)]
    [DataRow("plain", null)]
    [DataRow("plain", 1.0)]
    [DataRow("adamw", null)]
    [DataRow("adamw", 1.0)]
    public void Frozen_weights_keep_their_bits_while_the_others_go_to_infinity_and_NaN(string name, double? norm)
    {
        var optimizer = name == "sgd" ? ElsaOptimizer.Sgd()
            : name == "plain" ? ElsaOptimizer.Sgd(0, 0) : ElsaOptimizer.AdamW();
        using var step = Network(optimizer, norm);
        var session = step.Session;
        Peculiar.CopyTo(session.Weights);
        Peculiar.CopyTo(session.Sides);
        for (var index = 0; index < session.TrainedWeights.Length; index++)
            session.TrainedWeights[index] = index >= Peculiar.Length && index % 3 == 0;
        for (var index = 0; index < session.TrainedSides.Length; index++)
            session.TrainedSides[index] = index >= Peculiar.Length && index % 2 == 0;
        float[] weights = [.. session.Weights], sides = [.. session.Sides];
        var (infinite, undefined) = (false, false);
        foreach (var rate in (float[])[0.1f, 1e10f, 1e30f, float.MaxValue, float.PositiveInfinity, 0.1f, float.NaN,
            0.1f])
        {
            session.Step(rate);
            AssertSame(weights, session.Weights, session.TrainedWeights, rate);
            AssertSame(sides, session.Sides, session.TrainedSides, rate);
            infinite |= session.Weights.ContainsAny([float.PositiveInfinity, float.NegativeInfinity]);
            undefined |= session.Weights.Contains(float.NaN);
        }
        Assert.IsTrue(infinite || undefined, "The trained weights did not diverge.");
        Assert.IsTrue(undefined, "No trained weight became NaN.");
    }

    [TestMethod]
    public void Nothing_selected_changes_nothing()
    {
        using var step = Network(ElsaOptimizer.AdamW(), 1.0);
        step.Session.TrainedWeights.AsSpan().Clear();
        step.Session.TrainedSides.AsSpan().Clear();
        float[] weights = [.. step.Session.Weights], sides = [.. step.Session.Sides];
        for (var number = 0; number < 3; number++) step.Session.Step(1);
        AssertSame(weights, step.Session.Weights, step.Session.TrainedWeights, 1);
        AssertSame(sides, step.Session.Sides, step.Session.TrainedSides, 1);
    }

    [TestMethod]
    public void Selected_weights_change()
    {
        using var step = Network(ElsaOptimizer.Sgd(), null);
        float[] weights = [.. step.Session.Weights];
        step.Session.Step(0.1f);
        Assert.IsGreaterThan(weights.Length / 2, weights.Zip(step.Session.Weights.ToArray()).Count(pair =>
            pair.First != pair.Second));
    }

    [TestMethod]
    public void The_state_of_an_optimizer_can_be_forgotten()
    {
        using var step = Network(ElsaOptimizer.AdamW(), null);
        float[] weights = [.. step.Session.Weights], sides = [.. step.Session.Sides];
        step.Session.Step(0.1f);
        float[] first = [.. step.Session.Weights];
        step.Session.Step(0.1f);
        weights.CopyTo(step.Session.Weights);
        sides.CopyTo(step.Session.Sides);
        step.Session.ResetOptimizer();
        step.Session.Step(0.1f);
        Assert.AreSequenceEqual(first, step.Session.Weights.ToArray());
    }

    [TestMethod]
    public void A_dropped_weight_loses_its_momentum_and_the_others_keep_theirs()
    {
        using var step = Network(ElsaOptimizer.Sgd(0.9, 0), null);
        var session = step.Session;
        session.TrainedSides.AsSpan().Clear();
        float[] first = [.. session.Weights];
        session.Step(0.1f);
        float[] before = [.. session.Weights];
        var moving = Enumerable.Range(0, first.Length).Where(index => first[index] != before[index]).ToArray();
        var (dropped, other) = (moving[0], moving[^1]);
        session.TrainedWeights.AsSpan().Clear();
        (session.TrainedWeights[dropped], session.TrainedWeights[other]) = (true, true);
        var kept = new bool[before.Length];
        kept.AsSpan().Fill(true);
        kept[dropped] = false;
        session.ResetOptimizer(kept);
        session.Step(0.1f);
        float[] after = [.. session.Weights];

        // The same step without any momentum shows what the gradient alone does.
        before.CopyTo(session.Weights);
        session.ResetOptimizer(new bool[before.Length]);
        session.Step(0.1f);
        Assert.AreEqual(session.Weights[dropped], after[dropped]);
        Assert.AreNotEqual(session.Weights[other], after[other]);
    }

    static void AssertSame(float[] before, ReadOnlySpan<float> now, bool[] trained, float rate)
    {
        var old = MemoryMarshal.Cast<float, uint>(before);
        var bits = MemoryMarshal.Cast<float, uint>(now);
        for (var index = 0; index < trained.Length; index++)
            if (!trained[index]) Assert.AreEqual(old[index], bits[index], $"position {index} after a step of rate {rate}");
    }

    static SmallStep Network(ElsaOptimizer optimizer, double? norm)
    {
        var random = new Random(11);
        return new SmallStep(TestModels.Mlp(batch: "N"), [5, 6],
            [.. Enumerable.Range(0, 30).Select(_ => random.NextSingle())],
            [(ElsaLoss.CrossEntropy, "y", new long[] { 0, 1, 2, 1, 0 }, 1)],
                new ElsaTraining { Optimizer = optimizer, MaximumGradientNorm = norm });
    }
}
