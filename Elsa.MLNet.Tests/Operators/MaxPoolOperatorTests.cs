using CsCheck;
using Elsa.MLNet.Kernels;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Operators;

/// <summary>Our MaxPool against ONNX Runtime's, bit for bit.</summary>
[TestClass]
public sealed class MaxPoolOperatorTests
{
    const int Cases = 150;

    static readonly Gen<(int Size, int Kernel, int Stride, int Dilation, int Before, int After)> Axes =
        Gen.Select(Gen.Int[1, 50], Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[0, 3], Gen.Int[0, 3]);

    public static IEnumerable<object[]> Sets => OperatorRun.InstructionSetsHere();

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Every_window_gives_what_ONNX_Runtime_gives(object set) => OperatorRun.With((InstructionSet)set, () =>
        Gen.Select(Axes, Axes, Gen.Int[1, 2], Gen.Int[1, 3], Gen.Bool).Sample((rows, columns, images, channels, roundsUp) =>
        {
            if (!Fits(rows) || !Fits(columns)) return;
            AreSame(
                [images, channels, rows.Size, columns.Size], OperatorRun.Integers("kernel_shape", rows.Kernel, columns.Kernel),
                OperatorRun.Integers("strides", rows.Stride, columns.Stride), OperatorRun.Integers("dilations", rows.Dilation, columns.Dilation),
                OperatorRun.Integers("pads", rows.Before, columns.Before, rows.After, columns.After), OperatorRun.Integer("ceil_mode", roundsUp ? 1 : 0));
        }, iter: Cases, threads: 1));

    [TestMethod]
    public void A_window_outside_the_plane_gives_what_ONNX_Runtime_gives() => AreSame(
        [2, 2, 32, 1], OperatorRun.Integers("kernel_shape", 3, 4), OperatorRun.Integers("strides", 2, 2), OperatorRun.Integers("dilations", 3, 2),
        OperatorRun.Integers("pads", 1, 3, 1, 3));

    [TestMethod]
    [DataRow(1, "SAME_UPPER")]
    [DataRow(2, "SAME_LOWER")]
    [DataRow(3, "VALID")]
    public void Automatic_padding_and_lines_give_what_ONNX_Runtime_gives(int number, string name)
    {
        var (ours, theirs) = (OperatorRun.Integer("auto_pad", number), NodeOf("auto_pad", name));
        foreach (var (size, kernel, stride) in new[] { (20, 3, 2), (33, 2, 2), (17, 3, 1), (40, 4, 3) })
        {
            AreSame([2, 3, size, size + 5], [OperatorRun.Integers("kernel_shape", kernel, 3), OperatorRun.Integers("strides", stride, 2)], ours, theirs);
            AreSame([2, 3, size], [OperatorRun.Integers("kernel_shape", kernel), OperatorRun.Integers("strides", stride)], ours, theirs);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Infinite_values_count_and_NaN_wins(object set) => OperatorRun.With((InstructionSet)set, () =>
    {
        const int Size = 40;
        var x = OperatorRun.Draw(Size * Size, new Random(1));
        (x[0], x[3 * Size + 30], x[20 * Size + 21]) = (float.NegativeInfinity, float.PositiveInfinity, float.NaN);
        using var run = new OperatorRun("MaxPool", ["x"], ["y"], 1, OperatorRun.Integers("kernel_shape", 2, 2), OperatorRun.Integers("strides", 2, 2));
        var y = run.Run((x, [1, 1, Size, Size]))[0];
        for (var i = 0; i < y.Length; i++)
        {
            var first = i / (Size / 2) * 2 * Size + i % (Size / 2) * 2;
            float[] window = [x[first], x[first + 1], x[first + Size], x[first + Size + 1]];
            Assert.AreEqual(window.Any(float.IsNaN) ? float.NaN : window.Max(), y[i], $"window {i}");
        }
    });

    [TestMethod]
    public void A_window_that_does_not_fit_is_named()
    {
        using var run = new OperatorRun("MaxPool", ["x"], ["y"], 1, OperatorRun.Integers("kernel_shape", 3, 3));
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() => run.Run((new float[10], [1, 1, 2, 5])));
        StringAssert.Contains(error.Message, "A kernel of 3 taps with dilation 1 does not fit into 2 values");
        Assert.IsEmpty(run.Run(([], [0, 4, 5, 5]))[0]);
    }

    // ONNX Runtime wants pads smaller than the window.
    static bool Fits((int Size, int Kernel, int Stride, int Dilation, int Before, int After) axis) =>
        axis.Before < axis.Kernel && axis.After < axis.Kernel && (axis.Kernel - 1) * axis.Dilation < axis.Size + axis.Before + axis.After;

    static void AreSame(long[] shape, params AttributeProto[] attributes) => AreSame(shape, attributes, null, null);

    static void AreSame(long[] shape, AttributeProto[] attributes, AttributeProto? ours, AttributeProto? theirs)
    {
        var x = OperatorRun.Draw(shape.Aggregate(1L, (a, b) => a * b), new Random(shape.GetHashCode()));
        using var run = new OperatorRun("MaxPool", ["x"], ["y"], 2, [.. attributes, .. new[] { ours }.OfType<AttributeProto>()]);
        var actual = run.Run((x, shape))[0];
        var model = TestModels.Model(
            [("x", [.. shape.Select(size => (object?)(int)size)])], [("y", null)], DataType.Float,
            [TestModels.Node("MaxPool", ["x"], "y", [.. attributes.Select(attribute => attribute.Clone()), .. new[] { theirs }.OfType<AttributeProto>()])], []);
        using var session = SessionOpening.Open(model, new ElsaExecutionOptions());
        using var input = OrtValue.CreateTensorValueFromMemory(x, shape);
        using var options = new RunOptions();
        using var results = session.Run(options, ["x"], [input], ["y"]);
        Assert.AreSequenceEqual(
            results[0].GetTensorDataAsSpan<float>().ToArray(), actual, $"[{string.Join(", ", shape)}] {string.Join(' ', attributes.Select(attribute => attribute.ToString()))}");
    }

    static AttributeProto NodeOf(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = Google.Protobuf.ByteString.CopyFromUtf8(value) };
}
