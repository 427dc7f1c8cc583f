using Elsa.MLNet.Kernels;
using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>SparseConv(x, scale?, shift?, addend?, into?) -> y</c>: ONNX's Conv over lines [N, C, W] or images [N, C, H, W] with
/// packed weights, y = act(scale * conv(x) + shift + addend). Attributes as in <see cref="SparseNode"/> and
/// <see cref="ScoringWindowAttributes"/>; scale and shift have a value per output channel. Zeros are skipped, so that 0 times an
/// infinite or NaN x is 0. With the attribute <c>channels</c> (0: those of the weights) y has so many channels, and the
/// convolution's begin at <c>first_channel</c> (0); the others are those of <c>into</c>, shaped like y, or undefined without
/// it.
/// </summary>
internal sealed class SparseConvOperator() : ElsaOperator(
    "SparseConv", [new("x"), new("scale", true), new("shift", true), new("addend", true), new("into", true)], [new("y")])
{
    public override bool WritesInto => true;

    public override OperatorKernel CreateKernel(OperatorAttributes attributes)
    {
        var convolution = new ScoringWindowAttributes(attributes);
        long channels = attributes.Integer("channels", 0), first = attributes.Integer("first_channel", 0);
        var node = new SparseNode(attributes);
        int rows = node.Pack.Rows;
        if (channels == 0)
            channels = rows;
        if (first >= 0 && first + rows <= channels)
            return new Kernel(node, convolution, checked((int)channels), (int)first);
        node.Release();
        throw new ArgumentException(
            $"Attributes 'channels' and 'first_channel' are {channels} and {first}; the weights' {rows} channels must lie " +
            "within.");
    }

    private sealed unsafe class Kernel(SparseNode node, ScoringWindowAttributes attributes, int channels, int first)
        : OperatorKernel, IDisposable
    {
        private Planned? _planned;

        public override void Compute(OperatorContext context)
        {
            var x = context.Input(0);
            var planned = _planned;
            if (planned is null || !x.Shape.SequenceEqual(planned.Input))
                _planned = planned = new Planned(node, attributes, channels, x.Shape);
            var plan = planned.Plan;
            long offset = (long)first * planned.Shape.OutputPlane;
            float* y = Output(context, planned), addend = node.Epilogue.Addend(context, planned.Output);
            using var lines = new Scratch(plan.SharedLength);
            var call = new SparseConvCall
            {
                Plan = plan,
                Level = node.Level,
                X = x.Data,
                Lines = lines.Data,
                Y = y + offset,
                ImageOfY = (long)channels * planned.Shape.OutputPlane,
                PlaneOfY = planned.Shape.OutputPlane,
                RowOfY = planned.Shape.Columns.Output,
                Addend = addend is null ? null : addend + offset,
                Epilogue = node.Epilogue.Of(context, node.Pack.Rows),
            };
            if (x.Shape[0] == 0)
                return;
            context.ParallelFor(plan.SharedParts, new Work { Call = call, Shares = true });
            context.ParallelFor(plan.Parts, new Work { Call = call });
        }

        public void Dispose() => node.Release();

        private static float* Output(OperatorContext context, Planned planned)
        {
            float* y = context.Output(0, planned.Output);
            if (context.TryInput(Into, out var into))
            {
                OperatorShapes.Require("into", into, planned.Output, "as the output has");
                if (into.Data != y)
                {
                    long bytes = into.Length * sizeof(float);
                    Buffer.MemoryCopy(into.Data, y, bytes, bytes);
                }
            }
            return y;
        }
    }

    /// <summary>What follows from the shape of the input.</summary>
    private sealed class Planned
    {
        public Planned(SparseNode node, ScoringWindowAttributes attributes, int channels, ReadOnlySpan<long> input)
        {
            Shape = attributes.Shape(input, node.Pack.Rows, node.Pack.Columns, node.Pack.Groups);
            Input = input.ToArray();
            Output = attributes.Output(Shape with { OutputChannels = channels });
            Plan = new SparseConvPlan(node.Pack, Shape, node.Set, node.Threads);
        }

        public long[] Input { get; }

        public long[] Output { get; }

        public ConvolutionShape Shape { get; }

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
