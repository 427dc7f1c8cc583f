using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Operators;

/// <summary>A tensor of single precision that ONNX Runtime owns, valid during one call.</summary>
internal readonly unsafe struct OperatorTensor
{
    /// <summary>More dimensions than any operator here takes.</summary>
    public const int MaximumRank = 8;

    private readonly Dimensions _dimensions;

    public OperatorTensor(nint value)
    {
        Rank = RuntimeApi.Shape(value, _dimensions);
        if (Rank > MaximumRank)
        {
            throw new ArgumentException(
                $"A tensor has {Rank} dimensions. At most {MaximumRank} are possible; reshape it before the node.");
        }
        Data = (float*)RuntimeApi.Data(value);
    }

    public float* Data { get; }

    public int Rank { get; }

    [UnscopedRef]
    public ReadOnlySpan<long> Shape => ((ReadOnlySpan<long>)_dimensions)[..Rank];

    public int this[int dimension] => checked((int)_dimensions[dimension]);

    /// <summary>Elements of the tensor.</summary>
    public long Length
    {
        get
        {
            long length = 1;
            foreach (long dimension in Shape)
                length *= dimension;
            return length;
        }
    }

    [InlineArray(MaximumRank)]
    private struct Dimensions
    {
        private long _first;
    }
}
