using Elsa.MLNet.Kernels;
using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Operators;

/// <summary>
/// What the sparse operators have in common: inputs x and <see cref="EpilogueInputs"/>; attributes <c>pack</c> (required:
/// a handle), <c>level</c> (1), <c>threads</c> (those of the processor: how many share the work), and those of the
/// epilogue.
/// </summary>
internal sealed class SparseNode
{
    private readonly long _handle;

    public SparseNode(OperatorAttributes attributes)
    {
        Epilogue = new EpilogueInputs(attributes, 1);
        long level = attributes.Integer("level", 1);
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

    /// <summary>What becomes of the sums.</summary>
    public EpilogueInputs Epilogue { get; }

    public void Release() => SparsePacks.Release(_handle);
}
