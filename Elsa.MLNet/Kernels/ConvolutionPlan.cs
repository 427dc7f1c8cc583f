using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels;

/// <summary>How a convolution, or its input gradient, of certain sizes is computed.</summary>
internal abstract unsafe class ConvolutionPlan(ConvolutionShape shape, InstructionSet set)
{
    /// <summary>Fewest channels on both sides for which Winograd's transforms pay.</summary>
    private const int FewestChannels = 8;

    /// <summary>Floats of the packed weights.</summary>
    public abstract long WeightsLength { get; }

    /// <summary>Independent parts of <see cref="PackWeights"/>.</summary>
    public abstract int WeightParts { get; }

    /// <summary>Independent parts of <see cref="Compute"/>.</summary>
    public abstract int Parts { get; }

    protected ConvolutionShape Shape { get; } = shape;

    protected InstructionSet Set { get; } = set;

    /// <summary>The fastest plan of y = x * w.</summary>
    public static ConvolutionPlan Forward(ConvolutionShape shape, InstructionSet set) => Create(shape, set, false);

    /// <summary>The plan of y = x * w that adds products only, so that infinite and NaN values stay where they
    /// belong.</summary>
    public static ConvolutionPlan Direct(ConvolutionShape shape, InstructionSet set) =>
        new ShiftedConvolution(shape, set, false);

    /// <summary>The fastest plan of the gradient with respect to x, from dy and w.</summary>
    public static ConvolutionPlan InputGradient(ConvolutionShape shape, InstructionSet set) => Create(shape, set, true);

    /// <summary>Whether the plan is for these sizes and instructions.</summary>
    public bool Fits(ConvolutionShape shape, InstructionSet set) => Set == set && Shape == shape;

    /// <summary>Brings weights [M, C / groups, kernel] into the order in which the kernel reads them.</summary>
    public abstract void PackWeights(int part, float* weights, float* packed);

    /// <summary>Computes one part.</summary>
    /// <param name="part">Number of the part.</param>
    /// <param name="source">x, or dy.</param>
    /// <param name="packedWeights">From <see cref="PackWeights"/>.</param>
    /// <param name="epilogue">What becomes of the sums of y; nothing of dx.</param>
    /// <param name="addend">Further addends, laid out like y, or null.</param>
    /// <param name="target">y, or dx; not the addend.</param>
    public abstract void Compute(
        int part, float* source, float* packedWeights, in Epilogue epilogue, float* addend, float* target);

    /// <summary>Whether Winograd's algorithm can compute the convolution, and pays: there are enough channels, and not
    /// so many that memory for the transformed weights would be taken anew at every call.</summary>
    public static bool WinogradPays(ConvolutionShape shape) =>
        shape.Groups == 1 && IsWinograd(shape.Rows) && IsWinograd(shape.Columns)
        && shape.InputChannels >= FewestChannels && shape.OutputChannels >= FewestChannels
        && 36L * shape.InputChannels * shape.OutputChannels * sizeof(float) <= Scratch.KeptBytes;

    private static ConvolutionPlan Create(ConvolutionShape shape, InstructionSet set, bool isGradient)
    {
        if (!WinogradPays(shape))
            return new ShiftedConvolution(shape, set, isGradient);
        return set switch
        {
            InstructionSet.Avx512 => new WinogradConvolution<Lanes512, Vector512<float>>(shape, set, isGradient),
            InstructionSet.Avx2 => new WinogradConvolution<Lanes256, Vector256<float>>(shape, set, isGradient),
            _ => new WinogradConvolution<Lanes128, Vector128<float>>(shape, set, isGradient),
        };
    }

    private static bool IsWinograd(ConvolutionAxis axis) => axis is { Kernel: 3, Stride: 1, Dilation: 1, Pad: <= 2 };
}
