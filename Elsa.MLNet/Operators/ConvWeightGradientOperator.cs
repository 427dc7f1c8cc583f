using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>ConvWeightGradient(x, dy) -> dw</c>: the gradient of Conv with respect to its weights,
/// dw[m, c, k] = sum over n, p of dy[n, m, p] * x[n, c, p * stride + k * dilation - pad]. Attributes as in
/// <see cref="ConvolutionAttributes"/>, and <c>weight_shape</c> (required): the shape of w. The same bits for any
/// number of threads. Infinite and NaN values make all gradients between their two channels non-finite; an infinity may
/// become NaN.
/// </summary>
internal sealed class ConvWeightGradientOperator()
    : ElsaOperator("ConvWeightGradient", [new("x"), new("dy")], [new("dw")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes) =>
        new Kernel(new ConvolutionAttributes(attributes), attributes.Shape("weight_shape"));

    private sealed unsafe class Kernel(ConvolutionAttributes attributes, long[] weightShape) : OperatorKernel
    {
        private readonly InstructionSet _set = InstructionSets.Current;
        private WeightGradientPlan? _plan;

        public override void Compute(OperatorContext context)
        {
            var (x, dy) = (context.Input(0), context.Input(1));
            var shape = attributes.Shape(x.Shape, weightShape);
            OperatorShapes.RequireOutput("dy", dy, shape);
            var plan = _plan;
            if (plan is null || !plan.Fits(shape, _set))
                _plan = plan = WeightGradientPlan.Create(shape, _set);
            using var partials = new Scratch(plan.PartialLength);
            var sums = new Sums { Plan = plan, X = x.Data, Dy = dy.Data, Partials = partials.Data };
            context.ParallelFor(plan.Parts, sums);
            var reduction = new Reduction
            {
                Plan = plan,
                Partials = partials.Data,
                Dw = context.Output(0, weightShape),
            };
            context.ParallelFor(plan.ReduceParts, reduction);
        }
    }

    private unsafe struct Sums : IParallelWork
    {
        public WeightGradientPlan Plan;
        public float* X;
        public float* Dy;
        public float* Partials;

        public readonly void Run(int part) => Plan.Accumulate(part, X, Dy, Partials);
    }

    private unsafe struct Reduction : IParallelWork
    {
        public WeightGradientPlan Plan;
        public float* Partials;
        public float* Dw;

        public readonly void Run(int part) => Plan.Reduce(part, Partials, Dw);
    }
}
