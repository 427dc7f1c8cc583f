using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>MaxPool(x) -> y</c>: ONNX's MaxPool over lines [N, C, W] or images [N, C, H, W]. Attributes as in
/// <see cref="ScoringWindowAttributes"/>. A NaN in a window is its maximum.
/// </summary>
internal sealed class MaxPoolOperator() : ElsaOperator("MaxPool", [new("x")], [new("y")])
{
    /// <summary>Values of the input that are worth a thread's while.</summary>
    private const int LeastOfPart = 1 << 14;

    public override OperatorKernel CreateKernel(OperatorAttributes attributes) =>
        new Kernel(new ScoringWindowAttributes(attributes));

    private sealed unsafe class Kernel(ScoringWindowAttributes attributes) : OperatorKernel
    {
        private readonly InstructionSet _set = InstructionSets.Current;

        public override void Compute(OperatorContext context)
        {
            var x = context.Input(0);
            int channels = x.Rank > 1 ? x[1] : 0;
            var shape = attributes.Shape(x.Shape, channels, attributes.Taps, channels);
            int planes = checked(shape.Images * channels);
            var pooling = new MaxPooling(shape.Rows, shape.Columns, _set);
            var work = new Work
            {
                Pooling = pooling,
                Source = x.Data,
                Target = context.Output(0, attributes.Output(shape)),
                Planes = planes,
                PlanesOfPart = Math.Max(1, LeastOfPart / Math.Max(1, pooling.InputPlane)),
            };
            context.ParallelFor((planes + work.PlanesOfPart - 1) / work.PlanesOfPart, work);
        }
    }

    private unsafe struct Work : IParallelWork
    {
        public MaxPooling Pooling;
        public float* Source;
        public float* Target;
        public int Planes;
        public int PlanesOfPart;

        public readonly void Run(int part)
        {
            int first = part * PlanesOfPart;
            Pooling.Run(
                Source + (long)first * Pooling.InputPlane, Pooling.InputPlane, Target + (long)first * Pooling.OutputPlane,
                Math.Min(PlanesOfPart, Planes - first), 0, Pooling.Rows.Output);
        }
    }
}
