using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>Conv(x, w, bias?) -> y</c>: as ONNX's Conv on images, y[n, m, p] = bias[m] + sum over c, k of
/// w[m, c, k] * x[n, c, p * stride + k * dilation - pad]; fast for weights that are no constants. Attributes as in
/// <see cref="ConvolutionAttributes"/>.
/// </summary>
internal sealed class ConvOperator() : ElsaOperator("Conv", [new("x"), new("w"), new("bias", true)], [new("y")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes) =>
        new Kernel(new ConvolutionAttributes(attributes));

    private sealed unsafe class Kernel(ConvolutionAttributes attributes) : OperatorKernel
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
            var y = context.Output(
                0, [shape.Images, shape.OutputChannels, shape.Rows.Output, shape.Columns.Output]);
            ConvolutionWork.Run(context, plan, x.Data, w.Data, bias.Data, y.Data);
        }
    }
}

/// <summary>All parts of a <see cref="ConvolutionPlan"/>.</summary>
internal unsafe struct ConvolutionWork : IParallelWork
{
    private ConvolutionPlan _plan;
    private float* _source;
    private float* _weights;
    private float* _bias;
    private float* _target;

    public static void Run(
        OperatorContext context, ConvolutionPlan plan, float* source, float* weights, float* bias, float* target)
    {
        using var packed = new Scratch(plan.WeightsLength);
        plan.PackWeights(weights, packed.Data);
        var work = new ConvolutionWork
        {
            _plan = plan,
            _source = source,
            _weights = packed.Data,
            _bias = bias,
            _target = target,
        };
        context.ParallelFor(plan.Parts, work);
    }

    public readonly void Run(int part) => _plan.Compute(part, _source, _weights, _bias, _target);
}
