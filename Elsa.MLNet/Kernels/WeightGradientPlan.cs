using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// How the weight gradient of a convolution of certain sizes is computed: parts of the images give partial sums, which
/// are added up in a fixed order.
/// </summary>
internal abstract unsafe class WeightGradientPlan(ConvolutionShape shape, InstructionSet set)
{
    /// <summary>Floats of transformed weight gradients of which there is room for several partial sums.</summary>
    private const int LargestWinogradSums = 1 << 20;

    /// <summary>Floats of the partial sums.</summary>
    public abstract long PartialLength { get; }

    /// <summary>Independent parts of <see cref="Accumulate"/>.</summary>
    public abstract int Parts { get; }

    /// <summary>Independent parts of <see cref="Reduce"/>.</summary>
    public abstract int ReduceParts { get; }

    protected ConvolutionShape Shape { get; } = shape;

    protected InstructionSet Set { get; } = set;

    /// <summary>The fastest plan.</summary>
    public static WeightGradientPlan Create(ConvolutionShape shape, InstructionSet set)
    {
        if (!ConvolutionPlan.WinogradPays(shape)
            || 36L * shape.InputChannels * shape.OutputChannels > LargestWinogradSums)
            return new ShiftedWeightGradient(shape, set);
        return set switch
        {
            InstructionSet.Avx512 => new WinogradWeightGradient<Lanes512, Vector512<float>>(shape, set),
            InstructionSet.Avx2 => new WinogradWeightGradient<Lanes256, Vector256<float>>(shape, set),
            _ => new WinogradWeightGradient<Lanes128, Vector128<float>>(shape, set),
        };
    }

    /// <summary>Whether the plan is for these sizes and instructions.</summary>
    public bool Fits(ConvolutionShape shape, InstructionSet set) => Set == set && Shape == shape;

    /// <summary>Computes one part of the partial sums.</summary>
    public abstract void Accumulate(int part, float* x, float* dy, float* partials);

    /// <summary>Adds one part of the partial sums up to weights [M, C / groups, kernel].</summary>
    public abstract void Reduce(int part, float* partials, float* dw);
}
