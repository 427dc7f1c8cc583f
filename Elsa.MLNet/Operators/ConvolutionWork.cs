using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>All parts of a <see cref="ConvolutionPlan"/>: the weights are packed, then the result computed.</summary>
internal unsafe struct ConvolutionWork : IParallelWork
{
    private ConvolutionPlan _plan;
    private bool _packs;
    private float* _source;
    private float* _weights;
    private float* _packed;
    private Epilogue _epilogue;
    private float* _target;

    public static void Run(
        OperatorContext context, ConvolutionPlan plan, float* source, float* weights, in Epilogue epilogue,
        float* target)
    {
        using var packed = new Scratch(plan.WeightsLength);
        var work = new ConvolutionWork
        {
            _plan = plan,
            _packs = true,
            _source = source,
            _weights = weights,
            _packed = packed.Data,
            _epilogue = epilogue,
            _target = target,
        };
        context.ParallelFor(plan.WeightParts, work);
        work._packs = false;
        context.ParallelFor(plan.Parts, work);
    }

    public readonly void Run(int part)
    {
        if (_packs)
            _plan.PackWeights(part, _weights, _packed);
        else
            _plan.Compute(part, _source, _packed, _epilogue, null, _target);
    }
}
