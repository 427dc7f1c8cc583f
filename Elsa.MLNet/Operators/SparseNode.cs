using Elsa.MLNet.Kernels;
using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Operators;

/// <summary>
/// What the sparse operators have in common: inputs x, scale?, shift?, addend?; attributes <c>pack</c> (required: a
/// handle), <c>level</c> (1), <c>activation</c> (0: a <see cref="SparseActivation"/>), <c>alpha</c> and <c>beta</c> (0),
/// <c>threads</c> (those of the processor: how many share the work).
/// </summary>
internal sealed unsafe class SparseNode
{
    private readonly long _handle;
    private readonly SparseActivation _activation;
    private readonly float _alpha;
    private readonly float _beta;

    public SparseNode(OperatorAttributes attributes)
    {
        long level = attributes.Integer("level", 1), activation = attributes.Integer("activation", 0);
        if (activation is < 0 or > (long)SparseActivation.HardSwish)
        {
            throw new ArgumentException(
                $"Attribute 'activation' is {activation}; it must be 0 to {(long)SparseActivation.HardSwish}.");
        }
        (_activation, _alpha, _beta) =
            ((SparseActivation)activation, attributes.Float("alpha", 0), attributes.Float("beta", 0));
        Threads = (int)Math.Clamp(attributes.Integer("threads", Environment.ProcessorCount), 1, 1024);
        _handle = attributes.Integer("pack", 0);
        Pack = SparsePacks.Hold(_handle);
        if (level < 1 || level >= Pack.LevelCount)
        {
            int last = Pack.LevelCount - 1;
            Release();
            throw new ArgumentException($"Attribute 'level' is {level}; the pack has the sparse levels 1 to {last}.");
        }
        Level = (int)level;
    }

    public SparsePack Pack { get; }

    public int Level { get; }

    /// <summary>Threads that share a call's parts.</summary>
    public int Threads { get; }

    public InstructionSet Set { get; } = InstructionSets.Current;

    /// <summary>Scale, shift and activation of one call.</summary>
    /// <exception cref="ArgumentException">There is not one value per output.</exception>
    public SparseEpilogue Epilogue(OperatorContext context) => new()
    {
        Scale = Parameter(context, 1, "scale"),
        Shift = Parameter(context, 2, "shift"),
        Activation = _activation,
        Alpha = _alpha,
        Beta = _beta,
    };

    /// <summary>The values that are added before the activation, or null.</summary>
    /// <exception cref="ArgumentException">They are not shaped as the output.</exception>
    public static float* Addend(OperatorContext context, ReadOnlySpan<long> output)
    {
        if (!context.TryInput(3, out var addend))
            return null;
        OperatorShapes.Require("addend", addend, output, "as the output has");
        return addend.Data;
    }

    public void Release() => SparsePacks.Release(_handle);

    private float* Parameter(OperatorContext context, int index, string name)
    {
        if (!context.TryInput(index, out var parameter))
            return null;
        OperatorShapes.Require(name, parameter, [Pack.Rows], "a value per output");
        return parameter.Data;
    }
}
