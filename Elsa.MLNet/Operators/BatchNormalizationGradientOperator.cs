using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>BatchNormalizationGradient(dy, x, scale, mean, variance, y?) -> dx, dscale, dbias</c>: the gradient of
/// <see cref="BatchNormalizationTrainingOperator"/> through the statistics as well. With g = dy,
/// h = (x - mean) / sqrt(variance + epsilon) and M values per channel: dbias = sum(g), dscale = sum(g * h),
/// dx = scale / sqrt(variance + epsilon) * (g - dbias / M - h * dscale / M). Attributes: <c>epsilon</c> (1e-5);
/// <c>relu</c> (0): if 1, y is needed and g = dy where y > 0, otherwise 0.
/// </summary>
internal sealed class BatchNormalizationGradientOperator() : ElsaOperator(
    "BatchNormalizationGradient",
    [new("dy"), new("x"), new("scale"), new("mean"), new("variance"), new("y", true)],
    [new("dx"), new("dscale"), new("dbias")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes) =>
        new Kernel(attributes.Float("epsilon", 1e-5f), attributes.Flag("relu"));

    private sealed unsafe class Kernel(float epsilon, bool relu) : OperatorKernel
    {
        private readonly InstructionSet _set = InstructionSets.Current;

        public override void Compute(OperatorContext context)
        {
            var (dy, x, scale) = (context.Input(0), context.Input(1), context.Input(2));
            var (mean, variance) = (context.Input(3), context.Input(4));
            var (channels, channel) = OperatorShapes.Channels(x, epsilon, relu);
            OperatorShapes.RequireSame("dy", dy, "x", x);
            OperatorShapes.Require("scale", scale, [channels], "a value per channel of x");
            OperatorShapes.Require("mean", mean, [channels], "a value per channel of x");
            OperatorShapes.Require("variance", variance, [channels], "a value per channel of x");
            if (context.TryInput(5, out var y))
                OperatorShapes.RequireSame("y", y, "x", x);
            else if (relu)
                throw new ArgumentException("Attribute 'relu' is 1, but input 'y' is missing; connect the output y.");
            context.ParallelFor(channels, new Work
            {
                Set = _set,
                Channel = channel,
                Dy = dy.Data,
                X = x.Data,
                Y = y.Data,
                Scale = scale.Data,
                Mean = mean.Data,
                Variance = variance.Data,
                Dx = context.Output(0, x.Shape),
                ScaleGradient = context.Output(1, [channels]),
                BiasGradient = context.Output(2, [channels]),
            });
        }
    }

    private unsafe struct Work : IParallelWork
    {
        public InstructionSet Set;
        public ChannelNormalization Channel;
        public float* Dy;
        public float* X;
        public float* Y;
        public float* Scale;
        public float* Mean;
        public float* Variance;
        public float* Dx;
        public float* ScaleGradient;
        public float* BiasGradient;

        public readonly void Run(int part)
        {
            long at = (long)part * Channel.Plane;
            (ScaleGradient[part], BiasGradient[part]) = Channel.Gradient(
                Set, Dy + at, X + at, Y + at, Scale[part], Mean[part], Variance[part], Dx + at);
        }
    }
}
