using System.Runtime.InteropServices;
using CsCheck;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class MagnitudeKeyTests
{
    [TestMethod]
    public void Keys_of_single_precision_order_as_magnitudes_do() =>
        Gen.Select(Gen.Float, Gen.Float).Where((a, b) => !float.IsNaN(a) && !float.IsNaN(b)).Sample((a, b) =>
        {
            var keys = Keys<float>(DataType.Float, a, b);
            return keys[0].CompareTo(keys[1]) == MathF.Abs(a).CompareTo(MathF.Abs(b));
        });

    [TestMethod]
    public void All_half_precision_weights_have_the_key_of_their_value()
    {
        var all = Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits).ToArray();
        var halves = Keys(DataType.Float16, all);
        var brains = Keys(DataType.Bfloat16, all);
        foreach (var bits in all)
        {
            AssertKey((float)BitConverter.UInt16BitsToHalf(bits), halves[bits]);
            AssertKey(BitConverter.UInt32BitsToSingle((uint)bits << 16), brains[bits]);
        }
    }

    [TestMethod]
    public void Keys_of_double_precision_never_turn_magnitudes_around() =>
        Gen.Select(Gen.Double, Gen.Double).Where((a, b) => !double.IsNaN(a) && !double.IsNaN(b)).Sample((a, b) =>
        {
            var keys = Keys<double>(DataType.Double, a, b);
            AssertKey((float)a, keys[0]);
            return Math.Abs(a) <= Math.Abs(b) ? keys[0] <= keys[1] : keys[0] >= keys[1];
        });

    [TestMethod]
    public void Signs_do_not_count_and_not_a_number_is_above_infinity()
    {
        CollectionAssert.AreEqual(new uint[] { 0, 0, MagnitudeKey.Infinity, MagnitudeKey.Infinity },
            Keys(DataType.Float, 0f, -0f, float.PositiveInfinity, float.NegativeInfinity));
        Assert.IsGreaterThan(MagnitudeKey.Infinity, Keys(DataType.Float, -float.NaN)[0]);
        Assert.IsGreaterThan(MagnitudeKey.Infinity, Keys(DataType.Double, double.NaN)[0]);
        Assert.IsGreaterThan(MagnitudeKey.Infinity, Keys(DataType.Float16, Half.NaN)[0]);
    }

    [TestMethod]
    public void Integers_that_are_no_weights_have_no_key() => Refusal.Of<ArgumentException>(
        () => MagnitudeKey.Fill(new byte[2], (int)DataType.Int16, new uint[1]), "int16 weights have no magnitude key.");

    static uint[] Keys<T>(DataType type, params T[] weights) where T : unmanaged
    {
        var keys = new uint[weights.Length];
        MagnitudeKey.Fill(MemoryMarshal.AsBytes<T>(weights), (int)type, keys);
        return keys;
    }

    static void AssertKey(float value, uint key)
    {
        if (float.IsNaN(value)) Assert.IsGreaterThan(MagnitudeKey.Infinity, key);
        else Assert.AreEqual(BitConverter.SingleToUInt32Bits(MathF.Abs(value)), key);
    }
}
