using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet;

/// <summary>The score of each weight; a weight with a higher score is kept longer.</summary>
public abstract class ElsaImportance
{
    private protected ElsaImportance() { }

    /// <summary>Scores the weights of a tensor.</summary>
    /// <param name="tensor">Name, shape and operator of the tensor.</param>
    /// <param name="weights">Its weights in row-major order, as they are at that moment.</param>
    /// <param name="scores">Receives a finite score per weight; the higher, the longer the weight is kept.</param>
    public delegate void WeightScore(MaskableTensor tensor, ReadOnlySpan<float> weights, Span<float> scores);

    /// <summary>|w|: no data needed (Han et al. 2015, arXiv 1506.02626).</summary>
    public static ElsaImportance Magnitude { get; } = new MagnitudeImportance();

    /// <summary>A score of your own, for weights of any floating type, or quantized ones as the numbers that they stand for,
    /// given as float32.</summary>
    /// <param name="name">Name in the manifest.</param>
    /// <param name="score">The score. It is asked again whenever a mask is chosen while training.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static ElsaImportance From(string name, WeightScore score)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(score);
        return new OwnImportance(name, score);
    }

    /// <summary>Name in the manifest.</summary>
    public abstract string Name { get; }

    /// <summary>Scores of a tensor's weights, as unsigned numbers that order them.</summary>
    /// <exception cref="ArgumentException">A weight or a score is not a finite number.</exception>
    internal abstract uint[] Score(MaskableTensor tensor, ReadOnlySpan<byte> weights, int dataType);

    internal static ArgumentException WeightNotFinite(int index, string tensor) => new(
        $"Weight {index} of '{tensor}' is not a finite number. Repair the model; a diverged training leaves such weights.");

    private sealed class MagnitudeImportance : ElsaImportance
    {
        public override string Name => "magnitude";

        internal override uint[] Score(MaskableTensor tensor, ReadOnlySpan<byte> weights, int dataType)
        {
            var keys = new uint[weights.Length / ElementTypes.ByteSize(dataType)];
            MagnitudeKey.Fill(weights, dataType, keys);
            var notFinite = keys.AsSpan().IndexOfAnyInRange(MagnitudeKey.Infinity, uint.MaxValue);
            return notFinite < 0 ? keys : throw WeightNotFinite(notFinite, tensor.Name);
        }
    }

    private sealed class OwnImportance(string name, WeightScore score) : ElsaImportance
    {
        public override string Name => name;

        internal override uint[] Score(MaskableTensor tensor, ReadOnlySpan<byte> weights, int dataType)
        {
            var values = Single(weights, (DataType)dataType);
            var scores = new float[values.Length];
            score(tensor, values, scores);
            var ordered = new uint[scores.Length];
            for (var index = 0; index < scores.Length; index++)
            {
                if (!float.IsFinite(scores[index]))
                    throw new ArgumentException($"The importance '{name}' gives weight {index} of '{tensor.Name}' a score that is not a finite " +
                        "number. Give every weight a finite score.");
                // IEEE 754 numbers order like integers once negative ones are turned around; + 0 makes -0 equal to 0.
                var bits = BitConverter.SingleToUInt32Bits(scores[index] + 0f);
                ordered[index] = bits >> 31 == 1 ? ~bits : bits | 1u << 31;
            }
            return ordered;
        }

        private static float[] Single(ReadOnlySpan<byte> weights, DataType type)
        {
            var values = new float[weights.Length / ElementTypes.ByteSize((int)type)];
            switch (type)
            {
                case DataType.Float16:
                    TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(weights), values);
                    break;
                case DataType.Double:
                    TensorPrimitives.ConvertTruncating<double, float>(MemoryMarshal.Cast<byte, double>(weights), values);
                    break;
                case DataType.Bfloat16:
                    var brain = MemoryMarshal.Cast<byte, ushort>(weights);
                    for (var index = 0; index < brain.Length; index++) values[index] = BitConverter.UInt32BitsToSingle((uint)brain[index] << 16);
                    break;
                default:
                    MemoryMarshal.Cast<byte, float>(weights).CopyTo(values);
                    break;
            }
            return values;
        }
    }
}
