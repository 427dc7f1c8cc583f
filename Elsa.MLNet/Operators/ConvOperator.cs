using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>Conv(x, w, bias?) -> y</c>: as ONNX's Conv on images, y[n, m, p] = bias[m] + sum over c, k of
/// w[m, c, k] * x[n, c, p * stride + k * dilation - pad]; fast for weights that are no constants. Attributes as in
/// <see cref="ConvolutionAttributes"/>; <c>relu</c> (0): if 1, y is max(y, 0).
/// Infinite and NaN values make results near them non-finite, and those in their tile of 4 x 4 as well; an infinity may
/// become NaN.
/// </summary>
internal sealed class ConvOperator() : ElsaOperator("Conv", [new("x"), new("w"), new("bias", true)], [new("y")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes) =>
        new Kernel(new ConvolutionAttributes(attributes), attributes.Flag("relu"));

    private sealed unsafe class Kernel(ConvolutionAttributes attributes, bool relu) : OperatorKernel
    {
        private readonly InstructionSet _set = InstructionSets.Current;
        private ConvolutionPlan? _plan;

        public override void Compute(OperatorContext context)
        {
            var (x, w) = (context.Input(0), context.Input(1));
            var shape = attributes.Shape(x.Shape, w.Shape);
            if (context.TryInput(2, out var bias))
                OperatorShapes.Require("bias", bias, [shape.OutputChannels], "a value per output channel");
            var plan = _plan;
            if (plan is null || !plan.Fits(shape, _set))
                _plan = plan = ConvolutionPlan.Forward(shape, _set);
            float* y = context.Output(
                0, [shape.Images, shape.OutputChannels, shape.Rows.Output, shape.Columns.Output]);
            var epilogue = new Epilogue
            {
                Shift = bias.Data,
                Activation = relu ? Activation.Relu : Activation.None,
            };
            ConvolutionWork.Run(context, plan, x.Data, w.Data, epilogue, y);
        }
    }
}
