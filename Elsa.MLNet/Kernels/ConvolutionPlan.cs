namespace Elsa.MLNet.Kernels;

/// <summary>How a convolution, or its input gradient, of certain sizes is computed.</summary>
internal abstract unsafe class ConvolutionPlan(ConvolutionShape shape, InstructionSet set)
{
    /// <summary>Floats of the packed weights.</summary>
    public abstract long WeightsLength { get; }

    /// <summary>Independent parts of a call.</summary>
    public abstract int Parts { get; }

    protected ConvolutionShape Shape { get; } = shape;

    protected InstructionSet Set { get; } = set;

    /// <summary>The fastest plan of y = x * w.</summary>
    public static ConvolutionPlan Forward(ConvolutionShape shape, InstructionSet set) => Create(shape, set, false);

    /// <summary>The fastest plan of the gradient with respect to x, from dy and w.</summary>
    public static ConvolutionPlan InputGradient(ConvolutionShape shape, InstructionSet set) => Create(shape, set, true);

    /// <summary>Whether the plan is for these sizes and instructions.</summary>
    public bool Fits(ConvolutionShape shape, InstructionSet set) => Set == set && Shape == shape;

    /// <summary>Brings weights [M, C / groups, kernel] into the order in which the kernel reads them.</summary>
    public abstract void PackWeights(float* weights, float* packed);

    /// <summary>Computes one part.</summary>
    /// <param name="part">Number of the part.</param>
    /// <param name="source">x, or dy.</param>
    /// <param name="packedWeights">From <see cref="PackWeights"/>.</param>
    /// <param name="bias">A value per output channel, or null.</param>
    /// <param name="target">y, or dx.</param>
    public abstract void Compute(int part, float* source, float* packedWeights, float* bias, float* target);

    private static ConvolutionPlan Create(ConvolutionShape shape, InstructionSet set, bool isGradient) =>
        WinogradConvolution.Pays(shape)
            ? new WinogradConvolution(shape, set, isGradient)
            : new ShiftedConvolution(shape, set, isGradient);
}
