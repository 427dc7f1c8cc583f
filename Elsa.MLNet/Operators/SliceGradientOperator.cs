namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>SliceGradient(dy) -> dx</c>: dx[starts + i * steps] = dy[i], and 0 elsewhere. Attributes, one value per axis:
/// <c>starts</c>, <c>steps</c> (at least 1), <c>input_shape</c>: the shape of dx; <c>output_shape</c>: that of dy.
/// </summary>
internal sealed class SliceGradientOperator() : ElsaOperator("SliceGradient", [new("dy")], [new("dx")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes)
    {
        var shape = attributes.Integers("input_shape") ?? [];
        var (starts, steps) = (attributes.Integers("starts") ?? [], attributes.Integers("steps") ?? []);
        var slice = attributes.Integers("output_shape") ?? [];
        if (shape.Length is 0 or > OperatorTensor.MaximumRank || starts.Length != shape.Length
            || steps.Length != shape.Length || slice.Length != shape.Length)
        {
            throw new ArgumentException(
                $"Attributes 'starts', 'steps', 'input_shape' and 'output_shape' have {starts.Length}, " +
                $"{steps.Length}, {shape.Length} and {slice.Length} values; they must have one per axis, for 1 to " +
                $"{OperatorTensor.MaximumRank} axes.");
        }
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (starts[axis] < 0 || steps[axis] < 1 || slice[axis] < 1
                || starts[axis] + (slice[axis] - 1) * steps[axis] >= shape[axis])
            {
                throw new ArgumentException(
                    $"On axis {axis} {slice[axis]} values from {starts[axis]} in steps of {steps[axis]} do not " +
                    $"lie in {shape[axis]}; they must.");
            }
        }
        return new Kernel(starts, steps, shape, slice);
    }

    private sealed unsafe class Kernel(long[] starts, long[] steps, long[] shape, long[] slice) : OperatorKernel
    {
        private readonly long _targetSize = shape.Skip(1).Aggregate(1L, (product, size) => product * size);

        public override void Compute(OperatorContext context)
        {
            var dy = context.Input(0);
            OperatorShapes.Require("dy", dy, slice, "as 'output_shape' says");
            context.ParallelFor((int)shape[0], new Work
            {
                Starts = starts,
                Steps = steps,
                Shape = shape,
                Slice = slice,
                Source = dy.Data,
                Target = context.Output(0, shape),
                SourceSize = dy.Length / slice[0],
                TargetSize = _targetSize,
            });
        }
    }

    private unsafe struct Work : IParallelWork
    {
        public long[] Starts;
        public long[] Steps;
        public long[] Shape;
        public long[] Slice;
        public float* Source;
        public float* Target;
        public long SourceSize;
        public long TargetSize;

        public readonly void Run(int part)
        {
            float* target = Target + part * TargetSize;
            for (long done = 0; done < TargetSize; done += int.MaxValue)
                new Span<float>(target + done, (int)Math.Min(int.MaxValue, TargetSize - done)).Clear();
            var (index, rest) = Math.DivRem(part - Starts[0], Steps[0]);
            if (part >= Starts[0] && rest == 0 && index < Slice[0])
                Spread(1, Source + index * SourceSize, SourceSize, target, TargetSize);
        }

        private readonly void Spread(int axis, float* source, long sourceSize, float* target, long targetSize)
        {
            if (axis == Shape.Length)
            {
                *target = *source;
                return;
            }
            (sourceSize, targetSize) = (sourceSize / Slice[axis], targetSize / Shape[axis]);
            target += Starts[axis] * targetSize;
            long step = Steps[axis] * targetSize;
            if (axis == Shape.Length - 1)
            {
                for (long i = 0; i < Slice[axis]; i++)
                    target[i * step] = source[i];
                return;
            }
            for (long i = 0; i < Slice[axis]; i++)
                Spread(axis + 1, source + i * sourceSize, sourceSize, target + i * step, targetSize);
        }
    }
}
