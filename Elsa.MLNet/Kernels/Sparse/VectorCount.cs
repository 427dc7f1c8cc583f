namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// A number of vectors that the compiler knows: a kernel is written once for eight, and what is beyond the number is
/// left out of its code.
/// </summary>
internal interface IVectorCount
{
    static abstract int Value { get; }
}

/// <summary>The numbers.</summary>
internal static class VectorCount
{
    public readonly struct One : IVectorCount
    {
        public static int Value => 1;
    }

    public readonly struct Two : IVectorCount
    {
        public static int Value => 2;
    }

    public readonly struct Three : IVectorCount
    {
        public static int Value => 3;
    }

    public readonly struct Four : IVectorCount
    {
        public static int Value => 4;
    }

    public readonly struct Five : IVectorCount
    {
        public static int Value => 5;
    }

    public readonly struct Six : IVectorCount
    {
        public static int Value => 6;
    }

    public readonly struct Seven : IVectorCount
    {
        public static int Value => 7;
    }

    public readonly struct Eight : IVectorCount
    {
        public static int Value => 8;
    }
}
