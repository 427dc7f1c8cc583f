using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>ReluGradient(dy, y) -> dx</c>: dx = dy where y > 0, otherwise 0. The tensors have one shape, any shape; y is the
/// output of Relu. Where y is NaN, dx is 0.
/// </summary>
internal sealed class ReluGradientOperator() : ElsaOperator("ReluGradient", [new("dy"), new("y")], [new("dx")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes) => new Kernel();

    private sealed class Kernel : OperatorKernel
    {
        private readonly InstructionSet _set = InstructionSets.Current;

        public override void Compute(OperatorContext context)
        {
            var (dy, y) = (context.Input(0), context.Input(1));
            OperatorShapes.RequireSame("dy", dy, "y", y);
            unsafe
            {
                var work = new Work
                {
                    Set = _set,
                    Dy = dy.Data,
                    Y = y.Data,
                    Dx = context.Output(0, dy.Shape),
                    Length = dy.Length,
                };
                context.ParallelFor((int)((work.Length + Work.Part - 1) / Work.Part), work);
            }
        }
    }

    private unsafe struct Work : IParallelWork
    {
        public const int Part = 1 << 15;

        public InstructionSet Set;
        public float* Dy;
        public float* Y;
        public float* Dx;
        public long Length;

        public readonly void Run(int part)
        {
            long start = (long)part * Part;
            Elementwise.ReluGradient(Set, Dy + start, Y + start, Dx + start, Math.Min(Part, Length - start));
        }
    }
}
