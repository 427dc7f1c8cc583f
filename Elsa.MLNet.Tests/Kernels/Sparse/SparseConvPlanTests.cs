using CsCheck;
using Elsa.MLNet.Kernels;
using Elsa.MLNet.Kernels.Sparse;
using Elsa.MLNet.Tests.Datasets;

namespace Elsa.MLNet.Tests.Kernels.Sparse;

/// <summary>Sparse convolutions against their definition in double precision.</summary>
[TestClass]
public sealed unsafe class SparseConvPlanTests
{
    const int Cases = 40;

    static readonly Gen<ConvolutionAxis> Axes = Gen.Select(Gen.Int[1, 20], Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[0, 2], Axis);

    public static IEnumerable<object[]> Sets => SparseWeights.Sets;

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Every_level_of_every_shape_is_the_definition(object set) =>
        Gen.Select(Axes, Axes, Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 3], Gen.Int[1, 5], Gen.Int[0, 7]).Sample(
            (rows, columns, inputs, outputs, groups, images, form) =>
                Check((InstructionSet)set, rows, columns, inputs * groups, outputs * groups, groups, images, form), iter: Cases, seed: "0000000000001");

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Large_planes_many_channels_and_points_are_the_definition(object set)
    {
        Check((InstructionSet)set, Axis(33, 3, 1, 1, 1), Axis(35, 3, 1, 1, 1), 24, 300, 1, 2, form: 7);
        Check((InstructionSet)set, Axis(21, 1, 1, 1, 0), Axis(19, 1, 1, 1, 0), 70, 50, 1, 3, form: 7);
        Check((InstructionSet)set, Axis(8, 3, 1, 1, 1), Axis(8, 3, 1, 1, 1), 40, 40, 1, 13, form: 3);
        Check((InstructionSet)set, Axis(9, 3, 1, 1, 1), Axis(8, 3, 1, 1, 1), 40, 48, 1, 2, form: 7, height: 16);
        Check((InstructionSet)set, Axis(9, 3, 2, 1, 1), Axis(8, 3, 1, 1, 1), 40, 48, 2, 2, form: 3, height: 8);
        Check((InstructionSet)set, Axis(1, 1, 1, 1, 0), Axis(200, 5, 2, 1, 2), 12, 10, 2, 3, form: 3);
        // Too far apart for places.
        Check((InstructionSet)set, Axis(260, 3, 1, 1, 1), Axis(17, 3, 1, 1, 1), 22, 4, 1, 1, form: 1);
    }

    [TestMethod]
    public void Lines_whose_places_are_no_32_bit_numbers_are_refused()
    {
        const int Channels = 64, Taps = 1024;
        using var weights = new SparseWeights(8, Channels * Taps, 1, 2, seed: 5);
        var shape = new ConvolutionShape
        {
            Images = 1,
            InputChannels = Channels,
            OutputChannels = 8,
            Groups = 1,
            Rows = new ConvolutionAxis(1, 1, 1, 1, 1, 0),
            Columns = Axis(35_100, Taps, 1, 1, 0),
        };
        Refusal.Of<NotSupportedException>(() => _ = new SparseConvPlan(weights.Pack, shape, InstructionSet.Portable, 1),
            "copied for each column of its window, would be 2", "choose SparseKernels = Off");
    }

    /// <summary>A whole tile is finished in registers; what is left of a plane is not.</summary>
    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Whole_tiles_and_the_rest_of_a_plane_are_finished_alike_and_keep_NaN(object set)
    {
        const int Channels = 200, Outputs = 20, Size = 141;
        using var weights = new SparseWeights(Outputs, Channels, 1, 2, seed: 3);
        var shape = new ConvolutionShape
        {
            Images = 1,
            InputChannels = Channels,
            OutputChannels = Outputs,
            Groups = 1,
            Rows = new ConvolutionAxis(1, 1, 1, 1, 1, 0),
            Columns = Axis(Size, 1, 1, 1, 0),
        };
        var random = new Random(4);
        var (column, scale, shift, offset) = (SparseWeights.Draw(Channels, random), SparseWeights.Draw(Outputs, random), SparseWeights.Draw(Outputs, random), SparseWeights.Draw(Outputs, random));
        var x = Enumerable.Range(0, Channels * Size).Select(i => i % Size is 5 or Size - 1 ? float.NaN : column[i / Size]).ToArray();
        var addend = Enumerable.Range(0, Outputs * Size).Select(i => offset[i / Size]).ToArray();
        var y = Run(weights.Pack, 1, shape, (InstructionSet)set, 1, x, scale, shift, addend);
        for (var i = 0; i < y.Length; i++)
        {
            if (i % Size is 5 or Size - 1) Assert.IsTrue(float.IsNaN(y[i]), $"position {i % Size}");
            else Assert.AreEqual(y[i / Size * Size], y[i], $"position {i % Size}");
        }
    }

    static ConvolutionAxis Axis(int input, int kernel, int stride, int dilation, int pad)
    {
        var span = (kernel - 1) * dilation + 1;
        pad = Math.Max(pad, (span - input + 1) / 2);
        return new ConvolutionAxis(input, (input + 2 * pad - span) / stride + 1, kernel, stride, dilation, pad);
    }

    static void Check(
        InstructionSet set, ConvolutionAxis rows, ConvolutionAxis columns, int inputs, int outputs, int groups, int images, int form, int height = 1)
    {
        var shape = new ConvolutionShape { Images = images, InputChannels = inputs, OutputChannels = outputs, Groups = groups, Rows = rows, Columns = columns };
        using var weights = new SparseWeights(outputs, inputs / groups * shape.Taps, groups, 4, form, height);
        if (height > 1) Assert.AreEqual(height, weights.Pack.Height);
        var random = new Random(form);
        var x = SparseWeights.Draw(images * inputs * shape.InputPlane, random);
        var scale = (form & 1) != 0 ? SparseWeights.Draw(outputs, random) : null;
        var shift = (form & 2) != 0 ? SparseWeights.Draw(outputs, random) : null;
        var addend = (form & 4) != 0 ? SparseWeights.Draw(images * outputs * shape.OutputPlane, random) : null;
        for (var level = 1; level < 4; level++)
        {
            var expected = Expected(weights, level, shape, x, scale, shift, addend);
            var one = Run(weights.Pack, level, shape, set, 1, x, scale, shift, addend);
            SparseWeights.AreClose(expected, one, $"{shape}, level {level}");
            CollectionAssert.AreEqual(one, Run(weights.Pack, level, shape, set, 3, x, scale, shift, addend), "Threads change bits.");
        }
    }

    static float[] Run(
        SparsePack pack, int level, ConvolutionShape shape, InstructionSet set, int threads, float[] x, float[]? scale, float[]? shift, float[]? addend)
    {
        var plan = new SparseConvPlan(pack, shape, set, threads);
        var y = new float[shape.Images * shape.OutputChannels * shape.OutputPlane];
        var lines = new float[plan.SharedLength + 1];
        Array.Fill(lines, float.NaN);
        fixed (float* input = x, output = y, line = lines, factors = scale, addends = shift, residual = addend)
        {
            var call = new SparseConvCall
            {
                Plan = plan,
                Level = level,
                X = input,
                Lines = line,
                Y = output,
                ImageOfY = shape.OutputChannels * shape.OutputPlane,
                PlaneOfY = shape.OutputPlane,
                RowOfY = shape.Columns.Output,
                Addend = residual,
                Epilogue = new Epilogue { Scale = factors, Shift = addends, Activation = Activation.Clip, Alpha = -0.3f, Beta = 1 },
            };
            for (var part = plan.SharedParts - 1; part >= 0; part--) plan.Share(call, part);
            for (var part = plan.Parts - 1; part >= 0; part--) plan.Run(call, part);
        }
        return y;
    }

    static double[] Expected(
        SparseWeights weights, int level, ConvolutionShape shape, float[] x, float[]? scale, float[]? shift, float[]? addend)
    {
        var y = new double[shape.Images * shape.OutputChannels * shape.OutputPlane];
        var (rows, columns) = (shape.Rows, shape.Columns);
        for (var at = 0; at < y.Length; at++)
        {
            var (image, channel) = (at / shape.OutputPlane / shape.OutputChannels, at / shape.OutputPlane % shape.OutputChannels);
            var (row, column) = (at % shape.OutputPlane / columns.Output, at % columns.Output);
            var firstInput = channel / shape.OutputChannelsPerGroup * shape.InputChannelsPerGroup;
            double sum = 0;
            for (var c = 0; c < weights.Columns; c++)
            {
                var (i, tap) = (c / shape.Taps, c % shape.Taps);
                var fromRow = row * rows.Stride + tap / columns.Kernel * rows.Dilation - rows.Pad;
                var fromColumn = column * columns.Stride + tap % columns.Kernel * columns.Dilation - columns.Pad;
                if (fromRow >= 0 && fromRow < rows.Input && fromColumn >= 0 && fromColumn < columns.Input)
                    sum += (double)weights.At(level, channel, c)
                        * x[((image * shape.InputChannels + firstInput + i) * rows.Input + fromRow) * columns.Input + fromColumn];
            }
            y[at] = Math.Clamp(sum * (scale?[channel] ?? 1) + (shift?[channel] ?? 0) + (addend?[at] ?? 0), -0.3f, 1);
        }
        return y;
    }
}
