using CsCheck;
using Elsa.MLNet.Kernels;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Tests.Operators;

/// <summary>Batch normalisation in training against the definition in double precision.</summary>
[TestClass]
public sealed class BatchNormalizationOperatorTests
{
    const float Epsilon = 1e-3f;

    static readonly Gen<(long[] Shape, int Seed)> Any =
        from rank in Gen.Int[2, 5]
        from sizes in Gen.Select(Gen.Int[4, 20], Gen.Int[1, 20], Gen.Int[1, 40], Gen.Int[1, 40])
        from seed in Gen.Int[0, 1000]
        select (new long[] { sizes.Item1, sizes.Item2, sizes.Item3, sizes.Item4, 2 }[..rank], seed);

    public static IEnumerable<object[]> Sets =>
        OperatorRun.InstructionSetsHere().SelectMany(set => new[] { false, true }.Select(relu => new[] { set[0], relu }));

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Statistics_and_values_are_their_definition(object set, bool relu) => Sample(set, (shape, seed) =>
    {
        var (x, scale, bias, _) = Draw(shape, seed);
        var expected = Reference.Of(x, shape, scale, bias, relu);
        var actual = Training(relu).Run((x, shape), (scale, [scale.Length]), (bias, [bias.Length]));
        OperatorRun.AreClose(expected.Y, actual[0], "y");
        OperatorRun.AreClose(expected.Mean, actual[1], "mean");
        OperatorRun.AreClose(expected.Variance, actual[2], "variance");
    });

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void A_sum_behind_it_is_its_definition(object set, bool relu) => Sample(set, (shape, seed) =>
    {
        var (x, scale, bias, addend) = Draw(shape, seed);
        var expected = Reference.Of(x, shape, scale, bias, false).Y.Zip(addend, (y, a) => relu ? Math.Max(y + a, 0) : y + a);
        using var run = new OperatorRun(
            "BatchNormalizationTraining", ["x", "scale", "bias", "addend"], ["y", "mean", "variance"], 2,
            OperatorRun.Real("epsilon", Epsilon), OperatorRun.Integer("relu", relu ? 1 : 0));
        OperatorRun.AreClose([.. expected], run.Run((x, shape), (scale, [scale.Length]), (bias, [bias.Length]), (addend, shape))[0], "y");
    });

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Gradients_are_their_definition(object set, bool relu) => Sample(set, (shape, seed) =>
    {
        var (x, scale, bias, dy) = Draw(shape, seed);
        var forward = Training(relu).Run((x, shape), (scale, [scale.Length]), (bias, [bias.Length]));
        using var run = new OperatorRun(
            "BatchNormalizationGradient", ["dy", "x", "scale", "mean", "variance", relu ? "y" : ""], ["dx", "dscale", "dbias"], 2,
            OperatorRun.Real("epsilon", Epsilon), OperatorRun.Integer("relu", relu ? 1 : 0));
        var inputs = new[]
        {
            (dy, shape), (x, shape), (scale, [scale.Length]), (forward[1], [scale.Length]), (forward[2], [scale.Length]), (forward[0], shape),
        };
        var actual = run.Run(relu ? inputs : inputs[..5]);
        var kept = relu ? [.. dy.Zip(forward[0], (gradient, y) => y > 0 ? gradient : 0)] : dy;
        var (dx, dscale, dbias) = Reference.Of(x, shape, scale, bias, false).Gradient(x, kept, scale);
        OperatorRun.AreClose(dx, actual[0], "dx");
        // The normalised values that the gradients are multiplied with are about 1.
        OperatorRun.AreClose(dscale, actual[1], "dscale", kept.Sum(Math.Abs));
        OperatorRun.AreClose(dbias, actual[2], "dbias", kept.Sum(Math.Abs));
    });

    [TestMethod]
    public void A_large_mean_does_not_cost_the_variance_its_digits()
    {
        var x = OperatorRun.Draw(4000, new Random(1)).Select(value => value + 300).ToArray();
        var expected = Reference.Of(x, [4, 1, 1000], [1], [0], false);
        var actual = Training(false).Run((x, [4, 1, 1000]), ([1f], [1]), ([0f], [1]));
        Assert.AreEqual(expected.Variance[0], actual[2][0], 1e-6);
    }

    [TestMethod]
    public void A_fused_Relu_without_its_output_is_named()
    {
        using var run = new OperatorRun(
            "BatchNormalizationGradient", ["dy", "x", "scale", "mean", "variance"], ["dx", "dscale", "dbias"], 1,
            OperatorRun.Integer("relu", 1));
        var vector = (new float[1], new long[] { 1 });
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() =>
            run.Run((new float[2], [2, 1]), (new float[2], [2, 1]), vector, vector, vector));
        StringAssert.Contains(error.Message, "input 'y' is missing");
    }

    [TestMethod]
    public void A_scale_of_the_wrong_length_is_named()
    {
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() =>
            Training(false).Run((new float[6], [2, 3]), (new float[2], [2]), (new float[3], [3])));
        StringAssert.Contains(error.Message, "Input 'scale' has shape [2]; it must have [3], a value per channel of x.");
    }

    [TestMethod]
    public void A_tensor_without_channels_is_named()
    {
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() =>
            Training(false).Run((new float[6], [6]), (new float[2], [2]), (new float[3], [3])));
        StringAssert.Contains(error.Message, "Input 'x' has shape [6]; it must be [N, C] or");
    }

    static OperatorRun Training(bool relu) => new(
        "BatchNormalizationTraining", ["x", "scale", "bias"], ["y", "mean", "variance"], 2,
        OperatorRun.Real("epsilon", Epsilon), OperatorRun.Integer("relu", relu ? 1 : 0));

    static (float[] X, float[] Scale, float[] Bias, float[] Dy) Draw(long[] shape, int seed)
    {
        var random = new Random(seed);
        long length = ConvolutionCase.Length(shape);
        return (OperatorRun.Draw(length, random), OperatorRun.Draw(shape[1], random), OperatorRun.Draw(shape[1], random), OperatorRun.Draw(length, random));
    }

    static void Sample(object set, Action<long[], int> test) =>
        OperatorRun.With((InstructionSet)set, () => Any.Sample(draw => test(draw.Shape, draw.Seed), iter: 40, threads: 1));

    sealed record Reference(double[] Y, double[] Mean, double[] Variance, int Plane)
    {
        public static Reference Of(float[] x, long[] shape, float[] scale, float[] bias, bool relu)
        {
            int channels = (int)shape[1], plane = (int)ConvolutionCase.Length(shape[2..]);
            var groups = Enumerable.Range(0, x.Length).ToLookup(i => i / plane % channels);
            var mean = Enumerable.Range(0, channels).Select(c => groups[c].Average(i => (double)x[i])).ToArray();
            var variance = Enumerable.Range(0, channels).Select(c => groups[c].Average(i => (x[i] - mean[c]) * (x[i] - mean[c]))).ToArray();
            var y = x.Select((value, i) =>
            {
                int c = i / plane % channels;
                double normal = (value - mean[c]) / Math.Sqrt(variance[c] + Epsilon) * scale[c] + bias[c];
                return relu ? Math.Max(normal, 0) : normal;
            }).ToArray();
            return new Reference(y, mean, variance, plane);
        }

        public (double[] Dx, double[] Dscale, double[] Dbias) Gradient(float[] x, float[] dy, float[] scale)
        {
            int channels = Mean.Length;
            var (dscale, dbias) = (new double[channels], new double[channels]);
            double Normal(int i, int c) => (x[i] - Mean[c]) / Math.Sqrt(Variance[c] + Epsilon);
            for (int i = 0; i < x.Length; i++)
            {
                int c = i / Plane % channels;
                dscale[c] += dy[i] * Normal(i, c);
                dbias[c] += dy[i];
            }
            double count = x.Length / (double)channels;
            var dx = x.Select((_, i) =>
            {
                int c = i / Plane % channels;
                return scale[c] / Math.Sqrt(Variance[c] + Epsilon) * (dy[i] - dbias[c] / count - Normal(i, c) * dscale[c] / count);
            }).ToArray();
            return (dx, dscale, dbias);
        }
    }
}
