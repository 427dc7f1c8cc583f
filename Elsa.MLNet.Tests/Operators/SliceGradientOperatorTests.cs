using CsCheck;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Tests.Operators;

[TestClass]
public sealed class SliceGradientOperatorTests
{
    [TestMethod]
    public void Values_lie_where_the_slice_took_them_and_zeros_elsewhere() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 2], Gen.Int[1, 3], Gen.Int[0, 2]).Array[1, 5].Sample(axes =>
        {
            long[] slice = [.. axes.Select(axis => (long)axis.Item1)];
            long[] starts = [.. axes.Select(axis => (long)axis.Item2)];
            long[] steps = [.. axes.Select(axis => (long)axis.Item3)];
            long[] shape = [.. axes.Select(axis => axis.Item2 + (axis.Item1 - 1L) * axis.Item3 + 1 + axis.Item4)];
            var dy = OperatorRun.Draw(ConvolutionCase.Length(slice), new Random(1));
            var expected = new double[ConvolutionCase.Length(shape)];
            for (var position = 0L; position < dy.Length; position++)
            {
                var (rest, size, target) = (position, 1L, 0L);
                for (var axis = axes.Length - 1; axis >= 0; axis--)
                {
                    target += (starts[axis] + rest % slice[axis] * steps[axis]) * size;
                    size *= shape[axis];
                    rest /= slice[axis];
                }
                expected[target] = dy[position];
            }
            using var run = Gradient(starts, steps, shape, slice);
            CollectionAssert.AreEqual(expected, run.Run((dy, slice))[0].Select(value => (double)value).ToArray());
        }, iter: 40, threads: 1);

    [TestMethod]
    public void A_slice_that_does_not_lie_in_the_shape_is_named()
    {
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() => Gradient([0, 1], [1, 2], [2, 5], [2, 3]));
        StringAssert.Contains(error.Message, "On axis 1 3 values from 1 in steps of 2 do not lie in 5");
    }

    static OperatorRun Gradient(long[] starts, long[] steps, long[] shape, long[] slice) => new(
        "SliceGradient", ["dy"], ["dx"], 2, OperatorRun.Integers("starts", starts), OperatorRun.Integers("steps", steps),
        OperatorRun.Integers("input_shape", shape), OperatorRun.Integers("output_shape", slice));
}
