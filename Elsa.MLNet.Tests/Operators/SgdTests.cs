using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Tests.Operators;

[TestClass]
public sealed unsafe class SgdTests
{
    const float Rate = 0.1f, Momentum = 0.9f, Decay = 0.01f;

    public static IEnumerable<object[]> Sets => OperatorRun.InstructionSetsHere();

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void A_step_is_its_definition_and_weights_that_are_not_trained_keep_their_bits(object set)
    {
        const int length = 1003;
        var random = new Random(1);
        var (weights, gradient, velocity) = (OperatorRun.Draw(length, random), OperatorRun.Draw(length, random), OperatorRun.Draw(length, random));
        bool[] trained = [.. Enumerable.Range(0, length).Select(_ => random.Next(2) == 0)];
        // What a diverged gradient would do to a frozen weight.
        for (var index = 0; index < length; index++)
            if (!trained[index]) gradient[index] = float.NaN;
        var (nextWeights, nextVelocity) = (new float[length], new float[length]);
        fixed (float* w = weights, g = gradient, v = velocity, nextW = nextWeights, nextV = nextVelocity)
        fixed (bool* t = trained)
            Elementwise.Sgd((InstructionSet)set, w, g, v, t, (Rate, Momentum, Decay), nextW, nextV, length);
        for (var index = 0; index < length; index++)
        {
            var moved = (double)Momentum * velocity[index] + (trained[index] ? gradient[index] : 0) + (double)Decay * weights[index];
            Assert.AreEqual(moved, nextVelocity[index], 1e-6);
            if (trained[index]) Assert.AreEqual(weights[index] - Rate * moved, nextWeights[index], 1e-6);
            else Assert.AreEqual(BitConverter.SingleToInt32Bits(weights[index]), BitConverter.SingleToInt32Bits(nextWeights[index]));
        }
    }
}
