using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// The magnitude key of a weight w: the 31 bits of |w| as IEEE 754 binary32, rounded to nearest even; of an integer, of its
/// distance from the zero point. Keys order weights by magnitude in every element type; a NaN has a larger key than infinity.
/// </summary>
internal static class MagnitudeKey
{
    /// <summary>Key of infinity; a larger key is a NaN's.</summary>
    public const uint Infinity = 0x7F800000;

    /// <summary>Computes the keys of the weights whose little-endian bytes are given.</summary>
    /// <param name="weights">Weights, in row-major order.</param>
    /// <param name="dataType">float32, float16, bfloat16, float64, int8 or uint8.</param>
    /// <param name="keys">Destination, one per weight.</param>
    /// <param name="zeroPoint">The integer that stands for 0.</param>
    public static void Fill(ReadOnlySpan<byte> weights, int dataType, Span<uint> keys, int zeroPoint = 0)
    {
        switch ((DataType)dataType)
        {
            case DataType.Float:
                TensorPrimitives.BitwiseAnd(MemoryMarshal.Cast<byte, uint>(weights), 0x7FFFFFFFu, keys);
                break;
            case DataType.Bfloat16:
                var brain = MemoryMarshal.Cast<byte, ushort>(weights);
                for (var index = 0; index < brain.Length; index++) keys[index] = (uint)(brain[index] & 0x7FFF) << 16;
                break;
            case DataType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(weights), MemoryMarshal.Cast<uint, float>(keys));
                TensorPrimitives.BitwiseAnd(keys, 0x7FFFFFFFu, keys);
                break;
            case DataType.Double:
                var doubles = MemoryMarshal.Cast<byte, double>(weights);
                for (var index = 0; index < doubles.Length; index++)
                    keys[index] = BitConverter.SingleToUInt32Bits((float)doubles[index]) & 0x7FFFFFFF;
                break;
            case DataType.Int8:
                for (var index = 0; index < weights.Length; index++)
                    keys[index] = OfInteger((sbyte)weights[index] - zeroPoint);
                break;
            case DataType.Uint8:
                for (var index = 0; index < weights.Length; index++)
                    keys[index] = OfInteger(weights[index] - zeroPoint);
                break;
            default:
                throw new ArgumentException($"{ElementTypes.Name(dataType)} weights have no magnitude key.", nameof(dataType));
        }
    }

    static uint OfInteger(int number) => BitConverter.SingleToUInt32Bits(Math.Abs(number));
}
