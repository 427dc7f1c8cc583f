using System.Diagnostics;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// What becomes of the sums of a product: act(scale[row] * sum + shift[row] + addend). NaN stays NaN.
/// </summary>
internal unsafe struct Epilogue
{
    /// <summary>A factor per row of the weights, or null for 1.</summary>
    public float* Scale;

    /// <summary>An addend per row of the weights, or null for 0.</summary>
    public float* Shift;

    public Activation Activation;

    /// <summary>Clip: smallest value. LeakyRelu: slope. HardSigmoid: factor.</summary>
    public float Alpha;

    /// <summary>Clip: largest value. HardSigmoid: addend.</summary>
    public float Beta;

    /// <summary>Finishes the sums of some rows.</summary>
    /// <param name="sums">The sums: for each row one per position.</param>
    /// <param name="stride">From one row's sums to the next.</param>
    /// <param name="firstRow">Row of the weights.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="addend">Further addends, laid out like y, or null.</param>
    /// <param name="y">Receives the results; not the addend.</param>
    /// <param name="yStride">From one row's results to the next.</param>
    /// <param name="count">Positions.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void FinishRows(
        float* sums, int stride, int firstRow, int rows, float* addend, float* y, long yStride, int count)
    {
        float least = Least, most = Most;
        Vector512<float> floor = Vector512.Create(least), ceiling = Vector512.Create(most);
        for (int row = 0; row < rows; row++, sums += stride, y += yStride)
        {
            float scale = Scale is null ? 1 : Scale[firstRow + row], shift = Shift is null ? 0 : Shift[firstRow + row];
            Vector512<float> scales = Vector512.Create(scale), shifts = Vector512.Create(shift);
            float* added = addend is null ? null : addend + row * yStride;
            if (count >= Vector512<float>.Count)
            {
                int last = count - Vector512<float>.Count;
                for (int i = 0; i < last; i += Vector512<float>.Count)
                    Finish(sums, scales, shifts, added, floor, ceiling, y, i);
                // It may overlap the one before.
                Finish(sums, scales, shifts, added, floor, ceiling, y, last);
            }
            else if (count >= Vector256<float>.Count)
            {
                for (int i = 0; ; i = count - Vector256<float>.Count)
                {
                    var value = Vector256.MultiplyAddEstimate(
                        Vector256.Load(sums + i), scales.GetLower(), shifts.GetLower());
                    if (added is not null)
                        value += Vector256.Load(added + i);
                    Vector256.Store(Clamp(value, floor.GetLower(), ceiling.GetLower()), y + i);
                    if (i == count - Vector256<float>.Count)
                        break;
                }
            }
            else if (count >= Vector128<float>.Count)
            {
                for (int i = 0; ; i = count - Vector128<float>.Count)
                {
                    var value = Vector128.MultiplyAddEstimate(
                        Vector128.Load(sums + i), scales.GetLower().GetLower(), shifts.GetLower().GetLower());
                    if (added is not null)
                        value += Vector128.Load(added + i);
                    var clamped = Clamp(value.ToVector256Unsafe(), floor.GetLower(), ceiling.GetLower());
                    Vector128.Store(clamped.GetLower(), y + i);
                    if (i == count - Vector128<float>.Count)
                        break;
                }
            }
            else
            {
                for (int i = 0; i < count; i++)
                {
                    float value = float.MultiplyAddEstimate(sums[i], scale, shift);
                    if (added is not null)
                        value += added[i];
                    y[i] = value < least ? least : value > most ? most : value;
                }
            }
            if (!IsClamp)
                Activate(new Span<float>(y, count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(
        float* sums, Vector512<float> scales, Vector512<float> shifts, float* added, Vector512<float> floor,
        Vector512<float> ceiling, float* y, nint at)
    {
        var value = Vector512.MultiplyAddEstimate(Vector512.Load(sums + at), scales, shifts);
        if (added is not null)
            value += Vector512.Load(added + at);
        Vector512.Store(Clamp(value, floor, ceiling), y + at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Clamp(Vector512<float> value, Vector512<float> least, Vector512<float> most) =>
        Avx512F.IsSupported
            ? Lanes512.Clamp(value, least, most)
            : Vector512.Create(
                Clamp(value.GetLower(), least.GetLower(), most.GetLower()),
                Clamp(value.GetUpper(), least.GetUpper(), most.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Clamp(Vector256<float> value, Vector256<float> least, Vector256<float> most) =>
        Avx.IsSupported
            ? Lanes256.Clamp(value, least, most)
            : Vector256.Min(Vector256.Max(value, least), most);

    /// <summary>Finishes the sums of one position.</summary>
    /// <param name="sums">The sums, one per row.</param>
    /// <param name="firstRow">Row of the first.</param>
    /// <param name="addend">Further addends, one per row, or null.</param>
    /// <param name="y">Receives the results; may be the sums.</param>
    /// <param name="count">Rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void FinishPosition(float* sums, int firstRow, float* addend, float* y, int count)
    {
        float least = Least, most = Most;
        Vector512<float> floor = Vector512.Create(least), ceiling = Vector512.Create(most);
        float* scale = Scale is null ? null : Scale + firstRow;
        float* shift = Shift is null ? null : Shift + firstRow;
        int i = 0;
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var value = Vector512.Load(sums + i);
            if (scale is not null)
                value *= Vector512.Load(scale + i);
            if (shift is not null)
                value += Vector512.Load(shift + i);
            if (addend is not null)
                value += Vector512.Load(addend + i);
            Vector512.Store(Clamp(value, floor, ceiling), y + i);
        }
        for (; i < count; i++)
        {
            float value = sums[i] * (scale is null ? 1 : scale[i]) + (shift is null ? 0 : shift[i])
                + (addend is null ? 0 : addend[i]);
            y[i] = value < least ? least : value > most ? most : value;
        }
        if (!IsClamp)
            Activate(new Span<float>(y, count));
    }

    /// <summary>Whether the activation is a bound, or none.</summary>
    public readonly bool IsClamp =>
        Activation is Activation.None or Activation.Relu or Activation.Clip;

    /// <summary>The lower bound if <see cref="IsClamp"/>.</summary>
    public readonly float Least => Activation switch
    {
        Activation.Relu => 0,
        Activation.Clip => Alpha,
        _ => float.NegativeInfinity,
    };

    /// <summary>The upper bound, likewise.</summary>
    public readonly float Most => Activation == Activation.Clip ? Beta : float.PositiveInfinity;

    /// <summary>The hyperbolic tangent; that of the library is wrong by a rounding unit of 1 near 0, where x - x^3/3 is exact.
    /// </summary>
    private static void Tanh(Span<float> values)
    {
        const int Part = 64;
        const float Small = 0.01f;
        Span<float> x = stackalloc float[Part];
        for (int start = 0; start < values.Length; start += Part)
        {
            var part = values.Slice(start, Math.Min(Part, values.Length - start));
            part.CopyTo(x);
            TensorPrimitives.Tanh(part, part);
            int i = 0;
            for (; i <= part.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> value = new(x[i..]);
                var isSmall = Vector.LessThan(Vector.Abs(value), new Vector<float>(Small));
                Vector.ConditionalSelect(isSmall, value - value * value * value / 3, new Vector<float>(part[i..])).CopyTo(part[i..]);
            }
            for (; i < part.Length; i++)
            {
                if (Math.Abs(x[i]) < Small)
                    part[i] = x[i] - x[i] * x[i] * x[i] / 3;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Activate(Span<float> values)
    {
        switch (Activation)
        {
            case Activation.LeakyRelu:
                foreach (ref float value in values)
                    value = value < 0 ? Alpha * value : value;
                break;
            case Activation.Sigmoid:
                TensorPrimitives.Sigmoid(values, values);
                break;
            case Activation.Tanh:
                Tanh(values);
                break;
            case Activation.HardSigmoid:
                foreach (ref float value in values)
                    value = Math.Min(Math.Max(Alpha * value + Beta, 0), 1);
                break;
            case Activation.HardSwish:
                foreach (ref float value in values)
                    value *= Math.Min(Math.Max(value / 6 + 0.5f, 0), 1);
                break;
            default:
                throw new UnreachableException();
        }
    }
}
