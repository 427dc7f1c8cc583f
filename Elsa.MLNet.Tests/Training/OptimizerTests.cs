using Elsa.MLNet.Tests.Scoring;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Steps against the optimizers' formulas, one number at a time in double precision.</summary>
[TestClass]
public sealed class OptimizerTests
{
    const int Steps = 12;
    const double Rate = 0.05;

    static readonly float[] Truth = [1, -2, 3, -4, 0.5f, 20];

    [TestMethod]
    [DataRow(0.0, 0.0, null)]
    [DataRow(0.9, 0.0, null)]
    [DataRow(0.9, 0.1, null)]
    [DataRow(0.5, 0.1, 0.75)]
    public void Sgd_follows_its_formula(double momentum, double decay, double? norm) =>
        Follows(ElsaOptimizer.Sgd(momentum, decay), norm,
        (weight, gradient, state, _, isWeight) =>
        {
            state[0] = momentum * state[0] + gradient + (isWeight ? decay * weight : 0);
            return weight - Rate * state[0];
        });

    [TestMethod]
    [DataRow(0.9, 0.999, 1e-8, 0.0, null)]
    [DataRow(0.9, 0.99, 1e-3, 0.2, null)]
    [DataRow(0.0, 0.5, 1e-2, 0.2, 0.75)]
    public void AdamW_follows_its_formula(double beta1, double beta2, double epsilon, double decay, double? norm) =>
        Follows(
        ElsaOptimizer.AdamW(beta1, beta2, epsilon, decay), norm, (weight, gradient, state, time, isWeight) =>
        {
            state[0] = beta1 * state[0] + (1 - beta1) * gradient;
            state[1] = beta2 * state[1] + (1 - beta2) * gradient * gradient;
            var deviation = Math.Sqrt(state[1] / (1 - Math.Pow(beta2, time)));
            var step = state[0] / (1 - Math.Pow(beta1, time)) / (deviation + epsilon);
            return weight - Rate * (step + (isWeight ? decay * weight : 0));
        });

    [TestMethod]
    public void Weight_decay_moves_weights_and_no_side_parameters()
    {
        foreach (var optimizer in (ElsaOptimizer[])[ElsaOptimizer.Sgd(0, 0.5), ElsaOptimizer.AdamW(weightDecay: 0.5)])
        {
            // The truth is the output, so that nothing but the decay is left.
            using var step = Step(optimizer, null, truth: [0, 0, 0, 0, 0, 0]);
            step.Session.Weights.Fill(1);
            step.Session.Sides.Fill(-1);
            step.Session.Step(0.1f);
            foreach (var weight in step.Session.Weights) Assert.AreEqual(0.95, weight, 1e-6, optimizer.Name);
            foreach (var side in step.Session.Sides) Assert.AreEqual(-1f, side, optimizer.Name);
        }
    }

    [TestMethod]
    public void A_gradient_below_the_limit_is_not_scaled()
    {
        using var free = Step(ElsaOptimizer.Sgd(), null);
        using var limited = Step(ElsaOptimizer.Sgd(), 1000);
        for (var number = 0; number < 3; number++)
        {
            free.Session.Step(0.01f);
            limited.Session.Step(0.01f);
        }
        Assert.AreSequenceEqual(free.Session.Weights.ToArray(), limited.Session.Weights.ToArray());
    }

    [TestMethod]
    [DataRow(1.0)]
    [DataRow(-0.1)]
    [DataRow(double.NaN)]
    public void A_momentum_is_0_to_below_1(double value)
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaOptimizer.Sgd(momentum: value));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaOptimizer.AdamW(beta1: value));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaOptimizer.AdamW(beta2: value));
    }

    [TestMethod]
    [DataRow(-0.1)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void A_weight_decay_is_finite_and_not_negative(double value)
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaOptimizer.Sgd(weightDecay: value));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaOptimizer.AdamW(weightDecay: value));
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1e-60)]
    [DataRow(-1.0)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void An_epsilon_is_above_0_so_that_nothing_is_divided_by_0(double value) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaOptimizer.AdamW(epsilon: value));

    [TestMethod]
    public void The_name_has_the_numbers()
    {
        Assert.AreEqual("sgd(momentum 0.5, weight decay 0.25)", ElsaOptimizer.Sgd(0.5, 0.25).Name);
        Assert.AreEqual("adamw(beta1 0.5, beta2 0.75, epsilon 0.125, weight decay 0)",
            ElsaOptimizer.AdamW(0.5, 0.75, 0.125, 0).Name);
    }

    // Outputs y = w + b with truth t: the gradient by w is 2 (y - t) / 6, that by a column's b the sum of its rows'.
    static void Follows(ElsaOptimizer optimizer, double? norm, Func<double, double, double[], int, bool, double> update)
    {
        using var step = Step(optimizer, norm);
        bool[] trainedWeights = [true, false, true, true, true, false], trainedSides = [true, false];
        trainedWeights.CopyTo(step.Session.TrainedWeights, 0);
        trainedSides.CopyTo(step.Session.TrainedSides, 0);
        var (weights, sides) = (Doubles(step.Session.Weights), Doubles(step.Session.Sides));
        var (weightStates, sideStates) = (States(6), States(2));
        for (var time = 1; time <= Steps; time++)
        {
            var byOutput = weights.Select((weight, index) =>
                2 * (weight + sides[index % 2] - Truth[index]) / 6).ToArray();
            var byWeight = byOutput.Select((gradient, index) => trainedWeights[index] ? gradient : 0).ToArray();
            var bySide = Enumerable.Range(0, 2).Select(column =>
                trainedSides[column] ? byOutput.Where((_, index) => index % 2 == column).Sum() : 0).ToArray();
            var length = Math.Sqrt(byWeight.Concat(bySide).Sum(gradient => gradient * gradient));
            var scale = norm is { } limit && length > limit ? limit / length : 1;
            for (var index = 0; index < 6; index++)
                if (trainedWeights[index])
                    weights[index] = update(weights[index], scale * byWeight[index], weightStates[index], time, true);
            for (var index = 0; index < 2; index++)
                if (trainedSides[index])
                    sides[index] = update(sides[index], scale * bySide[index], sideStates[index], time, false);

            step.Session.Step((float)Rate);
            for (var index = 0; index < 6; index++) Assert.AreEqual(weights[index], step.Session.Weights[index], 2e-5, $"weight {index} at step {time}");
            for (var index = 0; index < 2; index++) Assert.AreEqual(sides[index], step.Session.Sides[index], 2e-5, $"side {index} at step {time}");
        }
    }

    static SmallStep Step(ElsaOptimizer optimizer, double? norm, float[]? truth = null)
    {
        var model = TestModels.Model([("x", ["N", 3])], [("y", null)], DataType.Float,
            [TestModels.Node("Gemm", ["x", "w", "b"], "y")],
            [TestModels.Random("w", DataType.Float, 3, 3, 2), TestModels.Random("b", DataType.Float, 4, 2)]);
        return new SmallStep(model, [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1],
            [(ElsaLoss.MeanSquaredError, "y", truth ?? Truth, 1)],
            new ElsaTraining { Optimizer = optimizer, MaximumGradientNorm = norm });
    }

    static double[] Doubles(ReadOnlySpan<float> values) => Array.ConvertAll(values.ToArray(), value => (double)value);

    static double[][] States(int count) => [.. Enumerable.Range(0, count).Select(_ => new double[2])];
}
