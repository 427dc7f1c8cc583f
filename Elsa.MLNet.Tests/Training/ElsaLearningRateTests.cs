namespace Elsa.MLNet.Tests.Training;

/// <summary>The learning rate over the steps of a level.</summary>
[TestClass]
public sealed class ElsaLearningRateTests
{
    [TestMethod]
    public void A_constant_rate_is_the_same_at_every_step()
    {
        var rate = ElsaLearningRate.Constant(0.3);
        for (var step = 0; step < 10; step++) Assert.AreEqual(0.3f, rate.At(step, 10));
    }

    [TestMethod]
    public void A_cosine_falls_from_its_start_towards_its_end()
    {
        var rate = ElsaLearningRate.Cosine(0.5, 0.1);
        Assert.AreEqual(0.5f, rate.At(0, 100));
        Assert.AreEqual(0.3, rate.At(50, 100), 1e-7);
        Assert.AreEqual(0.1 + 0.2 * (1 + Math.Cos(Math.PI * 0.99)), rate.At(99, 100), 1e-7);
        for (var step = 1; step < 100; step++) Assert.IsLessThan(rate.At(step - 1, 100), rate.At(step, 100));
    }

    [TestMethod]
    public void A_cosine_whose_end_is_its_start_is_constant() =>
        Assert.AreEqual(0.2f, ElsaLearningRate.Cosine(0.2, 0.2).At(7, 10));

    [TestMethod]
    public void A_warm_up_rises_in_a_line_to_the_start_and_then_goes_on_as_without()
    {
        var rate = ElsaLearningRate.Cosine(1).WithWarmUp(0.2);
        double[] rise = [1.0 / 5, 2.0 / 5, 3.0 / 5, 4.0 / 5];
        for (var step = 0; step < 4; step++) Assert.AreEqual(rise[step], rate.At(step, 20), 1e-7);
        for (var step = 4; step < 20; step++)
            Assert.AreEqual(ElsaLearningRate.Cosine(1).At(step - 4, 16), rate.At(step, 20));
        Assert.AreEqual(1f, ElsaLearningRate.Constant(1).WithWarmUp(0.2).At(19, 20));
    }

    [TestMethod]
    public void Every_rate_of_a_short_level_is_finite_and_not_negative()
    {
        foreach (var rate in (ElsaLearningRate[])[ElsaLearningRate.Constant(1), ElsaLearningRate.Cosine(1),
            ElsaLearningRate.Cosine(1).WithWarmUp(0.01),
            ElsaLearningRate.Cosine(1).WithWarmUp(0.99)])
            for (var steps = 1; steps < 5; steps++)
                for (var step = 0; step < steps; step++)
                    Assert.IsTrue(rate.At(step, steps) is > 0 and <= 1, $"{rate.Name} at {step} of {steps}");
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(-0.1)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    [DataRow(1e39)]
    [DataRow(1e-60)]
    public void A_rate_is_a_finite_float32_above_0(double rate)
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLearningRate.Constant(rate));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLearningRate.Cosine(rate));
    }

    [TestMethod]
    [DataRow(-0.1)]
    [DataRow(1.1)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void An_end_lies_between_0_and_the_start(double end) => Assert.Contains("0 to its start, 1",
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLearningRate.Cosine(1, end)).Message);

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1.0)]
    [DataRow(double.NaN)]
    [DataRow(double.NegativeInfinity)]
    public void A_warm_up_is_a_share_of_the_steps(double share) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLearningRate.Constant(1).WithWarmUp(share));

    [TestMethod]
    public void The_name_has_the_numbers()
    {
        Assert.AreEqual("constant(0.25)", ElsaLearningRate.Constant(0.25).Name);
        Assert.AreEqual("cosine(0.5 to 0.125), warm-up 0.1", ElsaLearningRate.Cosine(0.5, 0.125).WithWarmUp(0.1).Name);
    }
}
