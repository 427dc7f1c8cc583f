using CsCheck;
using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Tests.Gradients.Oracles;

/// <summary>A pool with all its numbers.</summary>
sealed record PoolCase(long[] Input, long[] Kernel, long[] Strides, long[] Pads, long[] Dilations, bool Ceiling)
{
    /// <summary>Pools of one or two spatial axes in which every window meets the input.</summary>
    public static Gen<PoolCase> Any { get; } =
        from rank in Gen.Int[1, 2]
        from kernel in Gen.Long[1, 3].Array[rank]
        from strides in Gen.Long[1, 3].Array[rank]
        from dilations in Gen.Long[1, 2].Array[rank]
        from pads in Gen.Long[0, 2].Array[2 * rank]
        from more in Gen.Long[1, 5].Array[rank]
        from ceiling in Gen.Bool
        select new PoolCase([2, 2, .. kernel.Select((taps, axis) => (taps - 1) * dilations[axis] + more[axis])],
            kernel, strides,
            [.. pads.Select((pad, index) => Math.Min(pad, kernel[index % rank] - 1))], dilations, ceiling);

    public long[] Output => [Input[0], Input[1], .. Enumerable.Range(0, Kernel.Length).Select(Windows)];

    public AttributeProto[] Attributes => [NodeAttribute.Of("kernel_shape", Kernel),
        NodeAttribute.Of("strides", Strides),
        NodeAttribute.Of("pads", Pads), NodeAttribute.Of("dilations", Dilations),
            NodeAttribute.Of("ceil_mode", Ceiling ? 1L : 0)];

    long Windows(int axis)
    {
        var room = Input[2 + axis] + Pads[axis] + Pads[Kernel.Length + axis] - ((Kernel[axis] - 1) * Dilations[axis] + 1);
        var windows = (Ceiling ? (room + Strides[axis] - 1) / Strides[axis] : room / Strides[axis]) + 1;
        // A window that begins behind the input is dropped.
        return (windows - 1) * Strides[axis] >= Input[2 + axis] + Pads[axis] ? windows - 1 : windows;
    }
}
