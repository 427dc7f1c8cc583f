using CsCheck;
using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Tests.Gradients.Oracles;

/// <summary>A convolution with all its numbers.</summary>
sealed record ConvCase(long[] Input, long[] Weight, long[] Strides, long[] Pads, long[] Dilations, long Group)
{
    /// <summary>Convolutions of one or two spatial axes of any form, grouped and depthwise ones among them.</summary>
    public static Gen<ConvCase> Any { get; } =
        from rank in Gen.Long[1, 2]
        from sizes in Gen.Long[1, 3].Array[3]
        from kernel in Gen.Long[1, 3].Array[(int)rank]
        from strides in Gen.Long[1, 3].Array[(int)rank]
        from dilations in Gen.Long[1, 2].Array[(int)rank]
        from pads in Gen.Long[0, 2].Array[2 * (int)rank]
        from more in Gen.Long[0, 4].Array[(int)rank]
        from @group in Gen.Long[1, 3]
        select Of(sizes, kernel, strides, dilations, pads, more, @group);

    public long[] Output => [Input[0], Weight[0], .. Enumerable.Range(0, Strides.Length).Select(axis =>
        (Input[2 + axis] + Pads[axis] + Pads[Strides.Length + axis] - ((Weight[2 + axis] - 1) * Dilations[axis] + 1)) / Strides[axis] + 1)];

    public AttributeProto[] Attributes => [NodeAttribute.Of("strides", Strides), NodeAttribute.Of("pads", Pads),
        NodeAttribute.Of("dilations", Dilations), NodeAttribute.Of("group", Group)];

    static ConvCase Of(long[] sizes, long[] kernel, long[] strides, long[] dilations, long[] pads, long[] more,
        long group) =>
        new([sizes[0], group * sizes[1], .. kernel.Select(
            (taps, axis) => (taps - 1) * dilations[axis] + 1 + more[axis])],
            [group * sizes[2], sizes[1], .. kernel], strides, pads, dilations, group);
}
