using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>BatchNormalizationTraining(x, scale, bias, addend?) -> y, mean, variance</c>: normalises each channel of x, which
/// is [N, C], [N, C, L] or [N, C, H, W], with the mean and the biased variance of its M values,
/// y = scale * (x - mean) / sqrt(variance + epsilon) + bias + addend, which has the shape of x; all but x,
/// addend and y are [C]. Attributes: <c>epsilon</c>
/// (1e-5);
/// <c>relu</c> (0): if 1, y is max(y, 0). NaN in a channel makes all of it NaN.
/// </summary>
internal sealed class BatchNormalizationTrainingOperator() : ElsaOperator(
    "BatchNormalizationTraining",
    [new("x"), new("scale"), new("bias"), new("addend", true)],
    [new("y"), new("mean"), new("variance")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes) =>
        new Kernel(attributes.Float("epsilon", 1e-5f), attributes.Flag("relu"));

    private sealed unsafe class Kernel(float epsilon, bool relu) : OperatorKernel
    {
        private readonly InstructionSet _set = InstructionSets.Current;

        public override void Compute(OperatorContext context)
        {
            var (x, scale, bias) = (context.Input(0), context.Input(1), context.Input(2));
            var (channels, channel) = OperatorShapes.Channels(x, epsilon, relu);
            OperatorShapes.Require("scale", scale, [channels], "a value per channel of x");
            OperatorShapes.Require("bias", bias, [channels], "a value per channel of x");
            if (context.TryInput(3, out var addend))
                OperatorShapes.RequireSame("addend", addend, "x", x);
            context.ParallelFor(channels, new Work
            {
                Set = _set,
                Channel = channel,
                X = x.Data,
                Scale = scale.Data,
                Bias = bias.Data,
                Addend = addend.Data,
                Y = context.Output(0, x.Shape),
                Mean = context.Output(1, [channels]),
                Variance = context.Output(2, [channels]),
            });
        }
    }

    private unsafe struct Work : IParallelWork
    {
        public InstructionSet Set;
        public ChannelNormalization Channel;
        public float* X;
        public float* Scale;
        public float* Bias;
        public float* Addend;
        public float* Y;
        public float* Mean;
        public float* Variance;

        public readonly void Run(int part)
        {
            long at = (long)part * Channel.Plane;
            float* addend = Addend is null ? null : Addend + at;
            (Mean[part], Variance[part]) = Channel.Normalize(
                Set, X + at, Scale[part], Bias[part], addend, Y + at);
        }
    }
}
