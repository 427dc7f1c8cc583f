using Elsa.MLNet.Kernels;
using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>SparseConvPool(x, scale?, shift?) -> y</c>: MaxPool of what SparseConv gives, without its results in memory where images
/// are large. Attributes as in <see cref="SparseConvOperator"/>, and those of the pool's window behind <c>pool_</c>. A NaN in a
/// window is its maximum.
/// </summary>
internal sealed class SparseConvPoolOperator() : ElsaOperator(
    "SparseConvPool", [new("x"), new("scale", true), new("shift", true)], [new("y")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes)
    {
        var (window, pool) = (new ScoringWindowAttributes(attributes), new ScoringWindowAttributes(attributes, "pool_"));
        return new Kernel(new SparseNode(attributes), window, pool);
    }

    private sealed unsafe class Kernel(SparseNode node, ScoringWindowAttributes window, ScoringWindowAttributes pool)
        : OperatorKernel, IDisposable
    {
        private Planned? _planned;

        public override void Compute(OperatorContext context)
        {
            var x = context.Input(0);
            var planned = _planned;
            if (planned is null || !x.Shape.SequenceEqual(planned.Input))
                _planned = planned = new Planned(node, window, pool, x.Shape);
            var (plan, shape) = (planned.Plan, planned.Shape);
            float* y = context.Output(0, planned.Output);
            if (x.Shape[0] == 0)
                return;
            // Results of small images are few, and their stacks fill tiles.
            long image = planned.Pooled is null ? (long)shape.OutputChannels * shape.OutputPlane : 0;
            using var results = new Scratch(shape.Images * image);
            using var lines = new Scratch(plan.SharedLength);
            var call = new SparseConvCall
            {
                Plan = plan,
                Level = node.Level,
                X = x.Data,
                Lines = lines.Data,
                Y = planned.Pooled is null ? results.Data : y,
                ImageOfY = image,
                PlaneOfY = shape.OutputPlane,
                RowOfY = shape.Columns.Output,
                Epilogue = node.Epilogue.Of(context, node.Pack.Rows),
            };
            var work = new Work { Call = call, Planned = planned, Target = y };
            context.ParallelFor(plan.SharedParts, work with { Step = Step.Lines });
            if (planned.Pooled is { } pooled)
            {
                context.ParallelFor(pooled.Parts, work with { Step = Step.Bands });
                return;
            }
            context.ParallelFor(plan.Parts, work with { Step = Step.Convolution });
            context.ParallelFor(shape.Images, work with { Step = Step.Pool });
        }

        public void Dispose() => node.Release();
    }

    /// <summary>What follows from the shape of the input.</summary>
    private sealed class Planned
    {
        public Planned(
            SparseNode node, ScoringWindowAttributes window, ScoringWindowAttributes pool, ReadOnlySpan<long> input)
        {
            Shape = window.Shape(input, node.Pack.Rows, node.Pack.Columns, node.Pack.Groups);
            Input = input.ToArray();
            Plan = new SparseConvPlan(node.Pack, Shape, node.Set, node.Threads);
            var pooled = pool.Shape(window.Output(Shape), Shape.OutputChannels, pool.Taps, Shape.OutputChannels);
            Output = pool.Output(pooled);
            Pooling = new MaxPooling(pooled.Rows, pooled.Columns, node.Set);
            if (Plan.ImagesOfStack == 1)
                Pooled = new PooledConvPlan(Plan, Shape, pooled.Rows, pooled.Columns, node.Set);
        }

        public long[] Input { get; }

        public long[] Output { get; }

        public ConvolutionShape Shape { get; }

        public SparseConvPlan Plan { get; }

        public MaxPooling Pooling { get; }

        /// <summary>Both at once; null where images are small.</summary>
        public PooledConvPlan? Pooled { get; }
    }

    private enum Step
    {
        Lines,
        Bands,
        Convolution,
        Pool,
    }

    private unsafe struct Work : IParallelWork
    {
        public SparseConvCall Call;
        public Planned Planned;
        public float* Target;
        public Step Step;

        public readonly void Run(int part)
        {
            switch (Step)
            {
                case Step.Lines:
                    Call.Plan.Share(Call, part);
                    break;
                case Step.Bands:
                    Planned.Pooled!.Run(Call, part);
                    break;
                case Step.Convolution:
                    Call.Plan.Run(Call, part);
                    break;
                default:
                    var pooling = Planned.Pooling;
                    int channels = Planned.Shape.OutputChannels;
                    pooling.Run(
                        Call.Y + part * Call.ImageOfY, Call.PlaneOfY, Target + (long)part * channels * pooling.OutputPlane,
                        channels, 0, pooling.Rows.Output);
                    break;
            }
        }
    }
}
