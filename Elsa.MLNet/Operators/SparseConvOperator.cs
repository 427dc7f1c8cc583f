using Elsa.MLNet.Kernels;
using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>SparseConv(x, scale?, shift?, addend?) -> y</c>: ONNX's Conv over lines [N, C, W] or images [N, C, H, W] with packed
/// weights, y = act(scale * conv(x) + shift + addend). Attributes as in <see cref="SparseNode"/> and
/// <see cref="ScoringConvAttributes"/>; scale and shift have a value per output channel. Zeros are skipped, so that 0 times an
/// infinite or NaN x is 0.
/// </summary>
internal sealed class SparseConvOperator() : ElsaOperator(
    "SparseConv", [new("x"), new("scale", true), new("shift", true), new("addend", true)], [new("y")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes)
    {
        var convolution = new ScoringConvAttributes(attributes);
        return new Kernel(new SparseNode(attributes), convolution);
    }

    private sealed unsafe class Kernel(SparseNode node, ScoringConvAttributes attributes) : OperatorKernel, IDisposable
    {
        private Planned? _planned;

        public override void Compute(OperatorContext context)
        {
            var x = context.Input(0);
            var planned = _planned;
            if (planned is null || !x.Shape.SequenceEqual(planned.Input))
                _planned = planned = new Planned(node, attributes, x.Shape);
            var plan = planned.Plan;
            using var lines = new Scratch(plan.SharedLength);
            var call = new SparseConvCall
            {
                Plan = plan,
                Level = node.Level,
                X = x.Data,
                Lines = lines.Data,
                Y = context.Output(0, planned.Output),
                Addend = node.Epilogue.Addend(context, planned.Output),
                Epilogue = node.Epilogue.Of(context, node.Pack.Rows),
            };
            if (x.Shape[0] == 0)
                return;
            context.ParallelFor(plan.SharedParts, new Work { Call = call, Shares = true });
            context.ParallelFor(plan.Parts, new Work { Call = call });
        }

        public void Dispose() => node.Release();
    }

    /// <summary>What follows from the shape of the input.</summary>
    private sealed class Planned
    {
        public Planned(SparseNode node, ScoringConvAttributes attributes, ReadOnlySpan<long> input)
        {
            var shape = attributes.Shape(input, node.Pack.Rows, node.Pack.Columns, node.Pack.Groups);
            Input = input.ToArray();
            Output = attributes.Output(shape);
            Plan = new SparseConvPlan(node.Pack, shape, node.Set, node.Threads);
        }

        public long[] Input { get; }

        public long[] Output { get; }

        public SparseConvPlan Plan { get; }
    }

    private struct Work : IParallelWork
    {
        public SparseConvCall Call;
        public bool Shares;

        public readonly void Run(int part)
        {
            if (Shares)
                Call.Plan.Share(Call, part);
            else
                Call.Plan.Run(Call, part);
        }
    }
}
