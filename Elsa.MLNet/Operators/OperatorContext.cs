using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Elsa.MLNet.Operators;

/// <summary>Work that is divided into independent parts: a struct of pointers and sizes, shared by all parts.</summary>
internal interface IParallelWork
{
    /// <summary>Does one part, on any thread.</summary>
    void Run(int part);
}

/// <summary>One call of a kernel: its inputs, its outputs and the session's threads.</summary>
internal readonly unsafe ref struct OperatorContext(nint context)
{
    private readonly nint _context = context;

    public OperatorTensor Input(int index) => new(RuntimeApi.Input(_context, index));

    /// <summary>Whether the node has the input.</summary>
    public bool TryInput(int index, out OperatorTensor tensor)
    {
        nint value = index < RuntimeApi.InputCount(_context) ? RuntimeApi.Input(_context, index) : 0;
        tensor = value == 0 ? default : new OperatorTensor(value);
        return value != 0;
    }

    /// <summary>The data of an output of this shape; null when the node leaves it out.</summary>
    public float* Output(int index, ReadOnlySpan<long> shape)
    {
        nint value = index < RuntimeApi.OutputCount(_context) ? RuntimeApi.Output(_context, index, shape) : 0;
        return value == 0 ? null : (float*)RuntimeApi.Data(value);
    }

    /// <summary>Does all parts of a work on the session's threads and returns when they are done. The first exception
    /// that a part throws is thrown again here, after the other parts.</summary>
    public void ParallelFor<TWork>(int parts, TWork work) where TWork : struct, IParallelWork
    {
        if (parts <= 0)
            return;
        if (parts == 1)
        {
            work.Run(0);
            return;
        }
        // The work is a copy on this method's stack: it does not move, and what it refers to stays alive.
        var state = new ParallelState { Work = Unsafe.AsPointer(ref work), RunPart = &RunPart<TWork> };
        RuntimeApi.ParallelFor(_context, &RunPart, parts, &state);
        if (state.Exception == 0)
            return;
        var handle = GCHandle.FromIntPtr(state.Exception);
        var exception = (Exception)handle.Target!;
        handle.Free();
        ExceptionDispatchInfo.Throw(exception);
    }

    private static void RunPart<TWork>(void* work, int part) where TWork : struct, IParallelWork =>
        Unsafe.AsRef<TWork>(work).Run(part);

    [UnmanagedCallersOnly]
    private static void RunPart(void* state, nuint part)
    {
        var parallel = (ParallelState*)state;
        try
        {
            parallel->RunPart(parallel->Work, (int)part);
        }
        catch (Exception exception)
        {
            var handle = GCHandle.Alloc(exception);
            if (Interlocked.CompareExchange(ref parallel->Exception, GCHandle.ToIntPtr(handle), 0) != 0)
                handle.Free();
        }
    }

    private struct ParallelState
    {
        public void* Work;
        public delegate*<void*, int, void> RunPart;
        public nint Exception;
    }
}
