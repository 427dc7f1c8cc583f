using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Tests.Kernels;

/// <summary>Native memory of ours that is in use when what nobody holds any more is freed.</summary>
static class LiveBytes
{
    public static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return NativeBlock.LiveBytes;
    }
}
