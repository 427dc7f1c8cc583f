using CsCheck;
using Elsa.MLNet.Kernels;
using Onnx;

namespace Elsa.MLNet.Tests.Operators;

/// <summary>The convolution with packed weights against the definition in double precision.</summary>
[TestClass]
public sealed class DenseConvOperatorTests
{
    const int Cases = 12, Relu = 1, Sigmoid = 4;

    static readonly ConvolutionCase Same = new(3, 1, 9, 17, 12, 10, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 7);

    static readonly string[] WithAll = ["x", "w", "scale", "shift", "addend"];

    public static IEnumerable<object[]> Sets => OperatorRun.InstructionSetsHere();

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void It_is_its_definition_with_scale_shift_addend_and_activation(object set) => Sample(set, test =>
    {
        foreach (var activation in new[] { 0, Relu, Sigmoid })
        {
            var values = new Values(test);
            using var run = new OperatorRun("DenseConv", WithAll, ["y"], 2, Attributes(test, activation));
            OperatorRun.AreClose(values.Expected(activation), run.Run(values.Inputs)[0], $"{test}, activation {activation}");
        }
    });

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void It_is_its_definition_without_them(object set) => Sample(set, test =>
    {
        var values = new Values(test);
        using var run = new OperatorRun("DenseConv", ["x", "w"], ["y"], 2, Attributes(test));
        OperatorRun.AreClose(test.Forward(values.X, values.W, [0]), run.Run(values.Inputs[..2])[0], $"{test}");
    });

    [TestMethod]
    public void Lines_are_images_of_one_row()
    {
        var test = new ConvolutionCase(2, 1, 3, 5, 1, 20, 1, 4, 1, 2, 0, 1, 0, 2, 1, 1, 3);
        var values = new Values(test);
        using var run = new OperatorRun("DenseConv", ["x", "w"], ["y"], 1,
            OperatorRun.Integers("kernel_shape", 4), OperatorRun.Integers("strides", 2), OperatorRun.Integers("pads", 1, 2));
        var y = run.Run((values.X, [2, 3, 20]), (values.W, [5, 3, 4]))[0];
        OperatorRun.AreClose(test.Forward(values.X, values.W, [0]), y, "lines");
    }

    [TestMethod]
    public void Weights_are_packed_once_and_serve_batches_and_images_of_any_size_at_once()
    {
        using var run = new OperatorRun("DenseConv", ["x", "w"], ["y"], 2, Attributes(Same));
        var w = new Values(Same).W;
        var cases = new[] { 3, 1, 7, 0, 3 }.SelectMany(images => new[] { Same with { Images = images }, Same with { Images = images, Height = 5, Width = 31 } }).ToList();
        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            var test = cases[i % cases.Count];
            var x = new Values(test).X;
            OperatorRun.AreClose(test.Forward(x, w, [0]), run.Run((x, test.Input), (w, test.Weights))[0], $"{test}");
        });
    }

    /// <summary>By Winograd's algorithm alone they would reach into their whole tile, and become NaN.</summary>
    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Infinite_NaN_and_huge_inputs_and_weights_count_as_in_the_definition(object set) => OperatorRun.With((InstructionSet)set, () =>
    {
        foreach (var special in new[] { float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1e38f, -3e37f })
        {
            // An infinite weight times the zeros around the image is NaN, as ONNX Runtime has it: only finite ones are defined.
            foreach (var inWeights in float.IsFinite(special) ? [false, true] : new[] { false })
            {
                var values = new Values(Same);
                (inWeights ? values.W : values.X)[57] = special;
                using var run = new OperatorRun("DenseConv", ["x", "w"], ["y"], 2, Attributes(Same));
                var actual = run.Run(values.Inputs[..2])[0];
                var expected = Same.Forward(values.X, values.W, [0]);
                for (var i = 0; i < expected.Length; i++)
                {
                    var single = (float)expected[i];
                    var agree = float.IsFinite(single) ? Math.Abs(single - actual[i]) <= 1e-5 * (1 + Math.Abs(single)) : single.Equals(actual[i]);
                    Assert.IsTrue(agree, $"{special}{(inWeights ? " in the weights" : "")}: y[{i}] is {actual[i]}, expected {expected[i]}");
                }
            }
        }
    });

    static AttributeProto[] Attributes(ConvolutionCase test, int activation = 0) =>
        [.. test.Attributes(OperatorRun.Integer("activation", activation)).Where(attribute => attribute.Name != "group")];

    static void Sample(object set, Action<ConvolutionCase> test) => OperatorRun.With((InstructionSet)set, () =>
        ConvolutionCase.AnyAlgorithm.Select(found => found with { Groups = 1 }).Sample(test, iter: Cases, threads: 1));

    sealed class Values
    {
        readonly ConvolutionCase _test;
        readonly float[] _scale, _shift, _addend;

        public Values(ConvolutionCase test)
        {
            _test = test;
            var random = new Random(test.Seed);
            (X, W) = (OperatorRun.Draw(ConvolutionCase.Length(test.Input), random), OperatorRun.Draw(ConvolutionCase.Length(test.Weights), random));
            (_scale, _shift) = (OperatorRun.Draw(test.Weights[0], random), OperatorRun.Draw(test.Weights[0], random));
            _addend = OperatorRun.Draw(ConvolutionCase.Length(test.Output), random);
        }

        public float[] X { get; }

        public float[] W { get; }

        public (float[] Values, long[] Shape)[] Inputs =>
            [(X, _test.Input), (W, _test.Weights), (_scale, [_scale.Length]), (_shift, [_shift.Length]), (_addend, _test.Output)];

        public double[] Expected(int activation)
        {
            var plane = _test.OutputHeight * _test.OutputWidth;
            return [.. _test.Forward(X, W, [0]).Select((sum, i) =>
            {
                var channel = i / plane % _scale.Length;
                var y = _scale[channel] * sum + _shift[channel] + _addend[i];
                return activation switch { Relu => Math.Max(y, 0), Sigmoid => 1 / (1 + Math.Exp(-y)), _ => y };
            })];
        }
    }
}
