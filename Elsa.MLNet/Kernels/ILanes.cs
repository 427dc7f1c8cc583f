using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels;

/// <summary>The vector arithmetic of one instruction set, so that a kernel is written once for all widths.</summary>
internal unsafe interface ILanes<TVector> where TVector : unmanaged
{
    /// <summary>Values in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Whether there are registers for 24 running sums, not only for 12.</summary>
    static abstract bool HasManyRegisters { get; }

    static abstract TVector Load(float* source);

    /// <summary>Values 0, 2, 4 and so on; what lies behind the last one is not read.</summary>
    static abstract TVector LoadEverySecond(float* source);

    static abstract void Store(TVector vector, float* destination);

    static abstract TVector Create(float value);

    /// <summary>Four values, of which <see cref="First"/> to <see cref="Fourth"/> fill a vector.</summary>
    static abstract TVector LoadFour(float* source);

    static abstract TVector First(TVector four);

    static abstract TVector Second(TVector four);

    static abstract TVector Third(TVector four);

    static abstract TVector Fourth(TVector four);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    /// <summary>left * right + addend.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    static abstract TVector Max(TVector left, TVector right);

    /// <summary>Within bounds; NaN stays NaN.</summary>
    static abstract TVector Clamp(TVector value, TVector least, TVector most);

    /// <summary>The value where the condition is greater than zero, otherwise zero.</summary>
    static abstract TVector WherePositive(TVector condition, TVector value);

    /// <summary>Per lane the first value where the condition, of as many elements as lanes, holds, else the
    /// second.</summary>
    static abstract TVector WhereTrue(bool* conditions, TVector yes, TVector no);

    static abstract float Sum(TVector vector);

    /// <summary>The sums of four vectors.</summary>
    static abstract Vector128<float> Sums(TVector a, TVector b, TVector c, TVector d);
}

/// <summary>AVX-512: 16 lanes, 32 registers.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    public static bool HasManyRegisters => true;

    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadEverySecond(float* source) => Avx512F.PermuteVar16x32x2(
        Vector512.Load(source),
        Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31),
        Vector512.Load(source + Count - 1));

    public static void Store(Vector512<float> vector, float* destination) => Vector512.Store(vector, destination);

    public static Vector512<float> Create(float value) => Vector512.Create(value);

    public static Vector512<float> LoadFour(float* source) => Avx512F.BroadcastVector128ToVector512(source);

    public static Vector512<float> First(Vector512<float> four) => Avx512F.Permute4x32(four, 0x00);

    public static Vector512<float> Second(Vector512<float> four) => Avx512F.Permute4x32(four, 0x55);

    public static Vector512<float> Third(Vector512<float> four) => Avx512F.Permute4x32(four, 0xAA);

    public static Vector512<float> Fourth(Vector512<float> four) => Avx512F.Permute4x32(four, 0xFF);

    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right) => left - right;

    public static Vector512<float> MultiplyAdd(
        Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Avx512F.FusedMultiplyAdd(left, right, addend);

    public static Vector512<float> Max(Vector512<float> left, Vector512<float> right) => Vector512.Max(left, right);

    public static Vector512<float> Clamp(Vector512<float> value, Vector512<float> least, Vector512<float> most) =>
        Avx512F.Min(most, Avx512F.Max(least, value));

    public static Vector512<float> WherePositive(Vector512<float> condition, Vector512<float> value) =>
        Vector512.ConditionalSelect(
            Vector512.GreaterThan(condition, Vector512<float>.Zero), value, Vector512<float>.Zero);

    public static Vector512<float> WhereTrue(bool* conditions, Vector512<float> yes, Vector512<float> no)
    {
        var wide = Avx512F.ConvertToVector512Int32(Vector128.Load((byte*)conditions));
        return Vector512.ConditionalSelect(Vector512.Equals(wide, Vector512<int>.Zero).AsSingle(), no, yes);
    }

    public static float Sum(Vector512<float> vector) => Vector512.Sum(vector);

    public static Vector128<float> Sums(
        Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d) =>
        Lanes256.Sums(
            a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(),
            d.GetLower() + d.GetUpper());
}

/// <summary>AVX2 and FMA: 8 lanes, 16 registers.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    public static bool HasManyRegisters => false;

    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadEverySecond(float* source)
    {
        var mixed = Avx.Shuffle(Vector256.Load(source), Vector256.Load(source + Count - 1), 0b11_01_10_00).AsDouble();
        return Avx2.Permute4x64(mixed, 0b11_01_10_00).AsSingle();
    }

    public static void Store(Vector256<float> vector, float* destination) => Vector256.Store(vector, destination);

    public static Vector256<float> Create(float value) => Vector256.Create(value);

    public static Vector256<float> LoadFour(float* source) => Avx.BroadcastVector128ToVector256(source);

    public static Vector256<float> First(Vector256<float> four) => Avx.Permute(four, 0x00);

    public static Vector256<float> Second(Vector256<float> four) => Avx.Permute(four, 0x55);

    public static Vector256<float> Third(Vector256<float> four) => Avx.Permute(four, 0xAA);

    public static Vector256<float> Fourth(Vector256<float> four) => Avx.Permute(four, 0xFF);

    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    public static Vector256<float> Subtract(Vector256<float> left, Vector256<float> right) => left - right;

    public static Vector256<float> MultiplyAdd(
        Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Fma.MultiplyAdd(left, right, addend);

    public static Vector256<float> Max(Vector256<float> left, Vector256<float> right) => Vector256.Max(left, right);

    public static Vector256<float> Clamp(Vector256<float> value, Vector256<float> least, Vector256<float> most) =>
        Avx.Min(most, Avx.Max(least, value));

    public static Vector256<float> WherePositive(Vector256<float> condition, Vector256<float> value) =>
        Vector256.ConditionalSelect(
            Vector256.GreaterThan(condition, Vector256<float>.Zero), value, Vector256<float>.Zero);

    public static Vector256<float> WhereTrue(bool* conditions, Vector256<float> yes, Vector256<float> no)
    {
        var wide = Avx2.ConvertToVector256Int32(Vector128.CreateScalarUnsafe(*(long*)conditions).AsByte());
        return Vector256.ConditionalSelect(Vector256.Equals(wide, Vector256<int>.Zero).AsSingle(), no, yes);
    }

    public static float Sum(Vector256<float> vector) => Vector256.Sum(vector);

    public static Vector128<float> Sums(
        Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        var sums = Avx.HorizontalAdd(Avx.HorizontalAdd(a, b), Avx.HorizontalAdd(c, d));
        return sums.GetLower() + sums.GetUpper();
    }
}

/// <summary>Any machine: 4 lanes.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<float>>
{
    public static int Count => 4;

    public static bool HasManyRegisters => false;

    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadEverySecond(float* source) =>
        Vector128.Create(source[0], source[2], source[4], source[6]);

    public static void Store(Vector128<float> vector, float* destination) => Vector128.Store(vector, destination);

    public static Vector128<float> Create(float value) => Vector128.Create(value);

    public static Vector128<float> LoadFour(float* source) => Vector128.Load(source);

    public static Vector128<float> First(Vector128<float> four) => Vector128.Create(four.GetElement(0));

    public static Vector128<float> Second(Vector128<float> four) => Vector128.Create(four.GetElement(1));

    public static Vector128<float> Third(Vector128<float> four) => Vector128.Create(four.GetElement(2));

    public static Vector128<float> Fourth(Vector128<float> four) => Vector128.Create(four.GetElement(3));

    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

    public static Vector128<float> Subtract(Vector128<float> left, Vector128<float> right) => left - right;

    public static Vector128<float> MultiplyAdd(
        Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Vector128.MultiplyAddEstimate(left, right, addend);

    public static Vector128<float> Max(Vector128<float> left, Vector128<float> right) => Vector128.Max(left, right);

    public static Vector128<float> Clamp(Vector128<float> value, Vector128<float> least, Vector128<float> most) =>
        Sse.IsSupported ? Sse.Min(most, Sse.Max(least, value)) : Vector128.Min(Vector128.Max(value, least), most);

    public static Vector128<float> WherePositive(Vector128<float> condition, Vector128<float> value) =>
        Vector128.ConditionalSelect(
            Vector128.GreaterThan(condition, Vector128<float>.Zero), value, Vector128<float>.Zero);

    public static Vector128<float> WhereTrue(bool* conditions, Vector128<float> yes, Vector128<float> no) =>
        Vector128.Create(
            conditions[0] ? yes[0] : no[0], conditions[1] ? yes[1] : no[1], conditions[2] ? yes[2] : no[2],
            conditions[3] ? yes[3] : no[3]);

    public static float Sum(Vector128<float> vector) => Vector128.Sum(vector);

    public static Vector128<float> Sums(
        Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d) =>
        Vector128.Create(Vector128.Sum(a), Vector128.Sum(b), Vector128.Sum(c), Vector128.Sum(d));
}
