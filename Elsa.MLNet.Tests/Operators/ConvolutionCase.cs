using CsCheck;
using Onnx;

namespace Elsa.MLNet.Tests.Operators;

/// <summary>A convolution's sizes, and its values and gradients in double precision by the definition.</summary>
sealed record ConvolutionCase(
    int Images, int Groups, int InputPerGroup, int OutputPerGroup, int Height, int Width, int KernelHeight, int KernelWidth,
    int StrideY, int StrideX, int Top, int Left, int Bottom, int Right, int DilationY, int DilationX, int Seed)
{
    public int OutputHeight => (Height + Top + Bottom - (KernelHeight - 1) * DilationY - 1) / StrideY + 1;

    public int OutputWidth => (Width + Left + Right - (KernelWidth - 1) * DilationX - 1) / StrideX + 1;

    public long[] Input => [Images, Groups * InputPerGroup, Height, Width];

    public long[] Weights => [Groups * OutputPerGroup, InputPerGroup, KernelHeight, KernelWidth];

    public long[] Output => [Images, Groups * OutputPerGroup, OutputHeight, OutputWidth];

    public bool Fits => Height + Top + Bottom >= (KernelHeight - 1) * DilationY + 1
        && Width + Left + Right >= (KernelWidth - 1) * DilationX + 1;

    /// <summary>Sizes of 1 to 40, kernels to 5, strides and dilations to 3, any pads.</summary>
    public static Gen<ConvolutionCase> Any { get; } =
        from sizes in Gen.Select(Gen.Int[1, 5], Gen.Int[1, 3], Gen.Int[1, 5], Gen.Int[1, 10], Gen.Int[1, 40], Gen.Int[1, 40])
        from kernel in Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 3])
        from pads in Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4])
        from seed in Gen.Int[0, 1000]
        let found = new ConvolutionCase(
            sizes.Item1, sizes.Item2, sizes.Item3, sizes.Item4, sizes.Item5, sizes.Item6,
            kernel.Item1, kernel.Item2, kernel.Item3, kernel.Item4, pads.Item1, pads.Item2, pads.Item3, pads.Item4,
            kernel.Item5, kernel.Item6, seed)
        where found.Fits
        select found;

    /// <summary>As <see cref="Any"/>, or 3 x 3 weights without strides between many channels, for which another
    /// algorithm is used.</summary>
    public static Gen<ConvolutionCase> AnyAlgorithm { get; } = Gen.Frequency((1, Any), (1, Many()));

    static Gen<ConvolutionCase> Many() =>
        from sizes in Gen.Select(Gen.Int[1, 9], Gen.Int[8, 35], Gen.Int[8, 35], Gen.Int[1, 13], Gen.Int[1, 13])
        from pads in Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 4], Gen.Int[0, 4])
        from seed in Gen.Int[0, 1000]
        let found = new ConvolutionCase(
            sizes.Item1, 1, sizes.Item2, sizes.Item3, sizes.Item4, sizes.Item5, 3, 3, 1, 1,
            pads.Item1, pads.Item2, pads.Item3, pads.Item4, 1, 1, seed)
        where found.Fits
        select found;

    public AttributeProto[] Attributes(params AttributeProto[] more) =>
    [
        OperatorRun.Integers("kernel_shape", KernelHeight, KernelWidth),
        OperatorRun.Integers("strides", StrideY, StrideX),
        OperatorRun.Integers("pads", Top, Left, Bottom, Right),
        OperatorRun.Integers("dilations", DilationY, DilationX),
        OperatorRun.Integer("group", Groups),
        .. more,
    ];

    public static long Length(long[] shape) => shape.Aggregate(1L, (product, dimension) => product * dimension);

    public double[] Forward(float[] x, float[] w, float[] bias)
    {
        var y = new double[Length(Output)];
        for (int i = 0; i < y.Length; i++)
            y[i] = bias[i / (OutputHeight * OutputWidth) % bias.Length];
        ForEachProduct((input, weight, output) => y[output] += (double)x[input] * w[weight]);
        return y;
    }

    public double[] InputGradient(float[] dy, float[] w)
    {
        var dx = new double[Length(Input)];
        ForEachProduct((input, weight, output) => dx[input] += (double)dy[output] * w[weight]);
        return dx;
    }

    public double[] WeightGradient(float[] x, float[] dy)
    {
        var dw = new double[Length(Weights)];
        ForEachProduct((input, weight, output) => dw[weight] += (double)dy[output] * x[input]);
        return dw;
    }

    void ForEachProduct(Action<int, int, int> product)
    {
        for (int n = 0; n < Images; n++)
            for (int m = 0; m < Groups * OutputPerGroup; m++)
                for (int c = 0; c < InputPerGroup; c++)
                    for (int ky = 0; ky < KernelHeight; ky++)
                        for (int kx = 0; kx < KernelWidth; kx++)
                            for (int oy = 0; oy < OutputHeight; oy++)
                                for (int ox = 0; ox < OutputWidth; ox++)
                                {
                                    int iy = oy * StrideY + ky * DilationY - Top, ix = ox * StrideX + kx * DilationX - Left;
                                    if (iy < 0 || iy >= Height || ix < 0 || ix >= Width) continue;
                                    int channel = m / OutputPerGroup * InputPerGroup + c;
                                    product(
                                        ((n * Groups * InputPerGroup + channel) * Height + iy) * Width + ix,
                                        ((m * InputPerGroup + c) * KernelHeight + ky) * KernelWidth + kx,
                                        ((n * Groups * OutputPerGroup + m) * OutputHeight + oy) * OutputWidth + ox);
                                }
    }
}
