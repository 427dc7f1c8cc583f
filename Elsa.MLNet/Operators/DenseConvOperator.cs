using Elsa.MLNet.Kernels;
using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>DenseConv(x, w, scale?, shift?, addend?) -> y</c>: ONNX's Conv over lines [N, C, W] or images [N, C, H, W],
/// y = act(scale * conv(x) + shift + addend), with weights that are the same in every run: they are packed at the first
/// one. Attributes as in <see cref="ScoringWindowAttributes"/> and <see cref="EpilogueInputs"/>. Infinite, NaN and very
/// large x count as in the definition.
/// </summary>
internal sealed class DenseConvOperator() : ElsaOperator(
    "DenseConv", [new("x"), new("w"), new("scale", true), new("shift", true), new("addend", true)], [new("y")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes) =>
        new Kernel(new ScoringWindowAttributes(attributes), new EpilogueInputs(attributes, 2));

    /// <summary>Whether the operator may be faster than ONNX Runtime's: it computes the convolution by Winograd's
    /// algorithm.</summary>
    /// <param name="conv">ONNX's Conv.</param>
    /// <param name="weights">Its weights.</param>
    public static bool Pays(NodeProto conv, TensorProto weights)
    {
        if (weights.Dims.Count != 4)
            return false;
        var (strides, dilations) = (Sizes("strides", 1, 1), Sizes("dilations", 1, 1));
        long[] pads = Sizes("pads", 0, 0, 0, 0);
        int groups = checked((int)NodeAttribute.Whole(conv, "group", 1));
        return ConvolutionPlan.WinogradPays(new ConvolutionShape
        {
            Images = 1,
            InputChannels = checked((int)weights.Dims[1] * groups),
            OutputChannels = checked((int)weights.Dims[0]),
            Groups = groups,
            Rows = Axis(0),
            Columns = Axis(1),
        });

        long[] Sizes(string name, params long[] absent) => NodeAttribute.Wholes(conv, name) ?? absent;

        ConvolutionAxis Axis(int axis) => checked(new ConvolutionAxis(
            1, 1, (int)weights.Dims[2 + axis], (int)strides[axis], (int)dilations[axis], (int)pads[axis]));
    }

    private sealed unsafe class Kernel(ScoringWindowAttributes attributes, EpilogueInputs epilogue)
        : OperatorKernel, IDisposable
    {
        private readonly InstructionSet _set = InstructionSets.Current;
        private readonly Lock _packing = new();
        private ConvolutionPlan? _plan;
        private Packed? _packed;

        public override void Compute(OperatorContext context)
        {
            var (x, w) = (context.Input(0), context.Input(1));
            int outputs = w.Rank > 0 ? w[0] : 0;
            var shape = attributes.Shape(x.Shape, outputs, checked((int)(w.Length / Math.Max(1, outputs))), 1);
            var plan = _plan;
            if (plan is null || !plan.Fits(shape, _set))
                _plan = plan = ConvolutionPlan.Forward(shape, _set);
            var packed = Volatile.Read(ref _packed) ?? Pack(plan, w);
            long[] output = attributes.Output(shape);
            var work = new Work
            {
                Plan = plan,
                Source = x.Data,
                Weights = packed.Weights,
                Epilogue = epilogue.Of(context, outputs),
                Addend = epilogue.Addend(context, output),
                Target = context.Output(0, output),
            };
            if (packed.AreModerate && Elementwise.AreModerate(x.Data, x.Length))
            {
                context.ParallelFor(plan.Parts, work);
                return;
            }
            work.Plan = ConvolutionPlan.Direct(shape, _set);
            using var weights = new Scratch(work.Plan.WeightsLength);
            work.Weights = weights.Data;
            PackInto(work.Plan, w.Data, weights.Data);
            context.ParallelFor(work.Plan.Parts, work);
        }

        public void Dispose() => _packed?.Free();

        private Packed Pack(ConvolutionPlan plan, in OperatorTensor weights)
        {
            lock (_packing)
            {
                if (_packed is not null)
                    return _packed;
                var packed = new Packed(plan.WeightsLength, Elementwise.AreModerate(weights.Data, weights.Length));
                PackInto(plan, weights.Data, packed.Weights);
                Volatile.Write(ref _packed, packed);
                return packed;
            }
        }

        private static void PackInto(ConvolutionPlan plan, float* weights, float* packed)
        {
            for (int part = 0; part < plan.WeightParts; part++)
                plan.PackWeights(part, weights, packed);
        }
    }

    /// <summary>Weights as the plans of any number of images read them.</summary>
    private sealed unsafe class Packed(long length, bool areModerate)
    {
        private readonly NativeBlock _block = new(length * sizeof(float));

        public float* Weights => (float*)_block.Data;

        public bool AreModerate { get; } = areModerate;

        public void Free() => _block.Free();
    }

    private unsafe struct Work : IParallelWork
    {
        public ConvolutionPlan Plan;
        public float* Source;
        public float* Weights;
        public Epilogue Epilogue;
        public float* Addend;
        public float* Target;

        public readonly void Run(int part) => Plan.Compute(part, Source, Weights, Epilogue, Addend, Target);
    }
}
