using CsCheck;
using Elsa.MLNet.Kernels;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Tests.Operators;

/// <summary>Convolution and its gradients against the definition in double precision.</summary>
[TestClass]
public sealed class ConvolutionOperatorTests
{
    const int Cases = 12;

    static readonly ConvolutionCase Same = new(3, 1, 5, 9, 12, 10, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 7);

    public static IEnumerable<object[]> Sets => OperatorRun.InstructionSetsHere();

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void A_convolution_is_its_definition(object set) => Sample(set, test =>
    {
        var random = new Random(test.Seed);
        var (x, w) = (OperatorRun.Draw(ConvolutionCase.Length(test.Input), random), OperatorRun.Draw(ConvolutionCase.Length(test.Weights), random));
        var bias = OperatorRun.Draw(test.Weights[0], random);
        using var run = new OperatorRun("Conv", ["x", "w", "b"], ["y"], 2, test.Attributes());
        OperatorRun.AreClose(
            test.Forward(x, w, bias), run.Run((x, test.Input), (w, test.Weights), (bias, [bias.Length]))[0], $"{test}");
    });

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void A_convolution_with_Relu_is_its_definition(object set) => Sample(set, test =>
    {
        var random = new Random(test.Seed);
        var (x, w) = (OperatorRun.Draw(ConvolutionCase.Length(test.Input), random), OperatorRun.Draw(ConvolutionCase.Length(test.Weights), random));
        using var run = new OperatorRun("Conv", ["x", "w"], ["y"], 2, test.Attributes(OperatorRun.Integer("relu", 1)));
        OperatorRun.AreClose(
            [.. test.Forward(x, w, [0]).Select(y => Math.Max(y, 0))], run.Run((x, test.Input), (w, test.Weights))[0], $"{test}");
    });

    [TestMethod]
    public void A_large_image_is_cut_into_bands()
    {
        var test = new ConvolutionCase(2, 1, 9, 17, 150, 70, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 5);
        var random = new Random(test.Seed);
        var (x, w) = (OperatorRun.Draw(ConvolutionCase.Length(test.Input), random), OperatorRun.Draw(ConvolutionCase.Length(test.Weights), random));
        var dy = OperatorRun.Draw(ConvolutionCase.Length(test.Output), random);
        using var forward = new OperatorRun("Conv", ["x", "w"], ["y"], 2, test.Attributes());
        using var gradient = new OperatorRun(
            "ConvWeightGradient", ["x", "dy"], ["dw"], 2, test.Attributes(OperatorRun.Integers("weight_shape", test.Weights)));
        OperatorRun.AreClose(test.Forward(x, w, [0]), forward.Run((x, test.Input), (w, test.Weights))[0], "y");
        OperatorRun.AreClose(test.WeightGradient(x, dy), gradient.Run((x, test.Input), (dy, test.Output))[0], "dw");
    }

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void An_input_gradient_is_its_definition(object set) => Sample(set, test =>
    {
        var random = new Random(test.Seed);
        var (dy, w) = (OperatorRun.Draw(ConvolutionCase.Length(test.Output), random), OperatorRun.Draw(ConvolutionCase.Length(test.Weights), random));
        using var run = new OperatorRun(
            "ConvInputGradient", ["dy", "w"], ["dx"], 2, test.Attributes(OperatorRun.Integers("input_shape", test.Input)));
        OperatorRun.AreClose(test.InputGradient(dy, w), run.Run((dy, test.Output), (w, test.Weights))[0], $"{test}");
    });

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void A_weight_gradient_is_its_definition(object set) => Sample(set, test =>
    {
        var random = new Random(test.Seed);
        var (x, dy) = (OperatorRun.Draw(ConvolutionCase.Length(test.Input), random), OperatorRun.Draw(ConvolutionCase.Length(test.Output), random));
        using var run = new OperatorRun(
            "ConvWeightGradient", ["x", "dy"], ["dw"], 2, test.Attributes(OperatorRun.Integers("weight_shape", test.Weights)));
        OperatorRun.AreClose(test.WeightGradient(x, dy), run.Run((x, test.Input), (dy, test.Output))[0], $"{test}");
    });

    /// <summary>Activations as after Relu, all positive, whose sums the transforms cancel; they reach the same accuracy at
    /// any scale of activations and weights.</summary>
    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Winograd_errs_by_less_than_2_millionths_at_any_scale(object set) => OperatorRun.With((InstructionSet)set, () =>
    {
        var test = new ConvolutionCase(2, 1, 32, 32, 14, 14, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 3);
        foreach (var (activation, weight) in ((float, float)[])[(1, 1), (1e3f, 1e-3f), (1e-3f, 1e-3f), (1e4f, 1e2f)])
        {
            var random = new Random(test.Seed);
            float[] x = [.. OperatorRun.Draw(ConvolutionCase.Length(test.Input), random).Select(value => activation * (value + 1))];
            float[] w = [.. OperatorRun.Draw(ConvolutionCase.Length(test.Weights), random).Select(value => weight * value)];
            float[] dy = [.. OperatorRun.Draw(ConvolutionCase.Length(test.Output), random).Select(value => activation * value)];
            using var forward = new OperatorRun("Conv", ["x", "w"], ["y"], 1, test.Attributes());
            using var inputGradient = new OperatorRun(
                "ConvInputGradient", ["dy", "w"], ["dx"], 1, test.Attributes(OperatorRun.Integers("input_shape", test.Input)));
            using var weightGradient = new OperatorRun(
                "ConvWeightGradient", ["x", "dy"], ["dw"], 1, test.Attributes(OperatorRun.Integers("weight_shape", test.Weights)));
            Check("y", test.Forward(x, w, [0]), forward.Run((x, test.Input), (w, test.Weights))[0]);
            Check("dx", test.InputGradient(dy, w), inputGradient.Run((dy, test.Output), (w, test.Weights))[0]);
            Check("dw", test.WeightGradient(x, dy), weightGradient.Run((x, test.Input), (dy, test.Output))[0]);

            void Check(string what, double[] expected, float[] actual)
            {
                var error = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum() / expected.Sum(value => value * value));
                Assert.IsLessThan(2e-6, error, $"{what} at activations of {activation} and weights of {weight}");
            }
        }
    });

    [TestMethod]
    public void A_weight_gradient_has_the_same_bits_for_any_number_of_threads()
    {
        var test = Same with { Images = 50 };
        var (x, dy) = (OperatorRun.Draw(ConvolutionCase.Length(test.Input), new Random(1)), OperatorRun.Draw(ConvolutionCase.Length(test.Output), new Random(2)));
        var results = new[] { 1, 2, 3 }.Select(threads =>
        {
            using var run = new OperatorRun(
                "ConvWeightGradient", ["x", "dy"], ["dw"], threads,
                test.Attributes(OperatorRun.Integers("weight_shape", test.Weights)));
            return run.Run((x, test.Input), (dy, test.Output))[0];
        }).ToArray();
        Assert.AreSequenceEqual(results[0], results[1]);
        Assert.AreSequenceEqual(results[0], results[2]);
    }

    [TestMethod]
    public void A_session_takes_batches_of_changing_size()
    {
        using var run = new OperatorRun("Conv", ["x", "w", "b"], ["y"], 1, Same.Attributes());
        foreach (int images in new[] { 3, 1, 7, 3 })
        {
            var test = Same with { Images = images };
            var (x, w) = (OperatorRun.Draw(ConvolutionCase.Length(test.Input), new Random(images)), OperatorRun.Draw(ConvolutionCase.Length(test.Weights), new Random(2)));
            var bias = OperatorRun.Draw(test.Weights[0], new Random(3));
            OperatorRun.AreClose(
                test.Forward(x, w, bias), run.Run((x, test.Input), (w, test.Weights), (bias, [bias.Length]))[0], $"{test}");
        }
    }

    [TestMethod]
    public void Runs_at_once_agree_with_runs_alone()
    {
        using var run = new OperatorRun(
            "ConvWeightGradient", ["x", "dy"], ["dw"], 2,
            Same.Attributes(OperatorRun.Integers("weight_shape", Same.Weights)));
        var cases = Enumerable.Range(1, 8).Select(images => Same with { Images = images }).Select(test => (
            X: (OperatorRun.Draw(ConvolutionCase.Length(test.Input), new Random(test.Images)), test.Input),
            Dy: (OperatorRun.Draw(ConvolutionCase.Length(test.Output), new Random(-test.Images)), test.Output))).ToArray();
        var alone = cases.Select(test => run.Run(test.X, test.Dy)[0]).ToArray();
        Parallel.For(0, 80, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
            Assert.AreSequenceEqual(alone[i % 8], run.Run(cases[i % 8].X, cases[i % 8].Dy)[0]));
    }

    [TestMethod]
    public void A_gradient_of_the_wrong_shape_is_named()
    {
        using var run = new OperatorRun(
            "ConvWeightGradient", ["x", "dy"], ["dw"], 1,
            Same.Attributes(OperatorRun.Integers("weight_shape", Same.Weights)));
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() =>
            run.Run((new float[3 * 5 * 120], Same.Input), (new float[3 * 9], [3, 9, 1, 1])));
        StringAssert.Contains(error.Message, "Input 'dy' has shape [3, 9, 1, 1]; it must have [3, 9, 12, 10]");
    }

    [TestMethod]
    public void Channels_that_do_not_fit_the_weights_are_named()
    {
        using var run = new OperatorRun("Conv", ["x", "w"], ["y"], 1, Same.Attributes());
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() =>
            run.Run((new float[480], [1, 4, 12, 10]), (new float[405], Same.Weights)));
        StringAssert.Contains(error.Message, "do not fit with 'group' 1");
    }

    [TestMethod]
    public void A_kernel_larger_than_the_padded_image_is_named()
    {
        using var run = new OperatorRun("Conv", ["x", "w"], ["y"]);
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() => run.Run((new float[4], [1, 1, 2, 2]), (new float[9], [1, 1, 3, 3])));
        StringAssert.Contains(error.Message, "A kernel of 3 taps with dilation 1 does not fit into 2 values");
    }

    [TestMethod]
    public void A_missing_shape_fails_the_session()
    {
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() => new OperatorRun("ConvInputGradient", ["dy", "w"], ["dx"]));
        StringAssert.Contains(error.Message, "Attribute 'input_shape' is missing; it must have 4 positive values.");
    }

    [TestMethod]
    public void Strides_of_zero_fail_the_session()
    {
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() =>
            new OperatorRun("Conv", ["x", "w"], ["y"], 1, OperatorRun.Integers("strides", 0, 1)));
        StringAssert.Contains(error.Message, "Attribute 'strides' is [0, 1]");
    }

    static void Sample(object set, Action<ConvolutionCase> test) =>
        OperatorRun.With((InstructionSet)set, () => ConvolutionCase.AnyAlgorithm.Sample(test, iter: Cases, threads: 1));
}
