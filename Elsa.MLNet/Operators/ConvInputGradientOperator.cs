using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>ConvInputGradient(dy, w) -> dx</c>: the gradient of Conv with respect to its input,
/// dx[n, c, q] = sum over m, k and the p with p * stride + k * dilation - pad = q of w[m, c, k] * dy[n, m, p].
/// Attributes as in <see cref="ConvolutionAttributes"/>, and <c>input_shape</c> (required): the shape of x; its first
/// value is not read, for dy has the images.
/// Infinite and NaN values make results near them non-finite, and those in their tile of 4 x 4 as well; an infinity may
/// become NaN.
/// </summary>
internal sealed class ConvInputGradientOperator()
    : ElsaOperator("ConvInputGradient", [new("dy"), new("w")], [new("dx")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes) =>
        new Kernel(new ConvolutionAttributes(attributes), attributes.Shape("input_shape"));

    private sealed unsafe class Kernel(ConvolutionAttributes attributes, long[] inputShape) : OperatorKernel
    {
        private readonly InstructionSet _set = InstructionSets.Current;
        private ConvolutionPlan? _plan;

        public override void Compute(OperatorContext context)
        {
            var (dy, w) = (context.Input(0), context.Input(1));
            ReadOnlySpan<long> input = [dy.Rank > 0 ? dy[0] : 1, .. inputShape.AsSpan(1)];
            var shape = attributes.Shape(input, w.Shape);
            OperatorShapes.RequireOutput("dy", dy, shape);
            var plan = _plan;
            if (plan is null || !plan.Fits(shape, _set))
                _plan = plan = ConvolutionPlan.InputGradient(shape, _set);
            ConvolutionWork.Run(context, plan, dy.Data, w.Data, default, context.Output(0, input));
        }
    }
}
