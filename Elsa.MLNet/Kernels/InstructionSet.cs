using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels;

/// <summary>Which machine instructions the kernels use.</summary>
internal enum InstructionSet
{
    /// <summary>128-bit vectors, on any processor.</summary>
    Portable,

    /// <summary>AVX2 with FMA.</summary>
    Avx2,

    /// <summary>AVX-512.</summary>
    Avx512,
}

/// <summary>The instructions of this process: the widest that the processor has, or fewer if the environment variable
/// <c>ELSA_INSTRUCTION_SET</c> names fewer.</summary>
internal static class InstructionSets
{
    public static InstructionSet Widest { get; } =
        Avx512F.IsSupported ? InstructionSet.Avx512
        : Avx2.IsSupported && Fma.IsSupported ? InstructionSet.Avx2
        : InstructionSet.Portable;

    private static readonly InstructionSet Default = FromEnvironment();

    private static readonly AsyncLocal<InstructionSet?> Chosen = new();

    /// <summary>What kernels use that are created from now on, here and on what starts from here.</summary>
    public static InstructionSet Current
    {
        get => Chosen.Value ?? Default;
        set => Chosen.Value = value;
    }

    private static InstructionSet FromEnvironment() =>
        Enum.TryParse(Environment.GetEnvironmentVariable("ELSA_INSTRUCTION_SET"), true, out InstructionSet wanted)
        && wanted < Widest
            ? wanted
            : Widest;
}
