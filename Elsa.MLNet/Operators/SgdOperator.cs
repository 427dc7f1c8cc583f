using Elsa.MLNet.Kernels;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>Sgd(w, g, v, trained, rate) -> next w, next v</c>: a step of gradient descent with momentum over flat vectors,
/// next v = momentum * v + (g where trained, else 0) + decay * w; next w = w - rate * next v where trained, otherwise
/// the bits of w. Attributes: <c>momentum</c> (0), <c>decay</c> (0).
/// </summary>
internal sealed class SgdOperator() : ElsaOperator(
    "Sgd",
    [new("w"), new("g"), new("v"), new("trained", ElementType: TensorElementType.Bool), new("rate")],
    [new("next_w"), new("next_v")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes) =>
        new Kernel(attributes.Float("momentum", 0), attributes.Float("decay", 0));

    private sealed unsafe class Kernel(float momentum, float decay) : OperatorKernel
    {
        private readonly InstructionSet _set = InstructionSets.Current;

        public override void Compute(OperatorContext context)
        {
            var (w, g, v) = (context.Input(0), context.Input(1), context.Input(2));
            var (trained, rate) = (context.Input(3), context.Input(4));
            OperatorShapes.RequireSame("g", g, "w", w);
            OperatorShapes.RequireSame("v", v, "w", w);
            OperatorShapes.RequireSame("trained", trained, "w", w);
            OperatorShapes.Require("rate", rate, [], "a single number");
            var work = new Work
            {
                Set = _set,
                Weights = w.Data,
                Gradient = g.Data,
                Velocity = v.Data,
                Trained = (bool*)trained.Data,
                By = (*rate.Data, momentum, decay),
                NextWeights = context.Output(0, w.Shape),
                NextVelocity = context.Output(1, w.Shape),
                Length = w.Length,
            };
            context.ParallelFor((int)((work.Length + Work.Part - 1) / Work.Part), work);
        }
    }

    private unsafe struct Work : IParallelWork
    {
        public const int Part = 1 << 14;

        public InstructionSet Set;
        public float* Weights;
        public float* Gradient;
        public float* Velocity;
        public bool* Trained;
        public (float Rate, float Momentum, float Decay) By;
        public float* NextWeights;
        public float* NextVelocity;
        public long Length;

        public readonly void Run(int part)
        {
            long at = (long)part * Part;
            Elementwise.Sgd(
                Set, Weights + at, Gradient + at, Velocity + at, Trained + at, By, NextWeights + at, NextVelocity + at,
                (int)Math.Min(Part, Length - at));
        }
    }
}
