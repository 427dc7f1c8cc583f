using System.Numerics;
using Elsa.MLNet.Data;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// Made-up values for a trial: numbers in [0, 1); integers are 0 or 1, which are valid as indices nearly everywhere.
/// </summary>
internal static class TrialRows
{
    /// <param name="values">The input.</param>
    /// <param name="row">The row to fill.</param>
    /// <param name="seed">Number of the row; neighbours differ.</param>
    /// <param name="random">The row's random numbers.</param>
    public static void Fill(IRowValues values, int row, int seed, Random random)
    {
        switch (values)
        {
            case IRowValues<float> singles:
                foreach (ref float value in singles.Row(row))
                    value = random.NextSingle();
                break;
            case IRowValues<bool> truths:
                foreach (ref bool value in truths.Row(row))
                    value = random.Next(2) == 1;
                truths.Row(row)[0] = seed % 2 == 1;
                break;
            case IRowValues<ReadOnlyMemory<char>> texts:
                foreach (ref var value in texts.Row(row))
                    value = random.Next(2) == 1 ? "a".AsMemory() : "b".AsMemory();
                break;
            case IRowValues<sbyte> integers: Integers(integers.Row(row), seed, random); break;
            case IRowValues<byte> integers: Integers(integers.Row(row), seed, random); break;
            case IRowValues<short> integers: Integers(integers.Row(row), seed, random); break;
            case IRowValues<ushort> integers: Integers(integers.Row(row), seed, random); break;
            case IRowValues<int> integers: Integers(integers.Row(row), seed, random); break;
            case IRowValues<uint> integers: Integers(integers.Row(row), seed, random); break;
            case IRowValues<long> integers: Integers(integers.Row(row), seed, random); break;
            case IRowValues<ulong> integers: Integers(integers.Row(row), seed, random); break;
        }
    }

    private static void Integers<T>(Span<T> values, int seed, Random random)
        where T : INumberBase<T>
    {
        foreach (ref T value in values)
            value = T.CreateTruncating(random.Next(2));
        values[0] = T.CreateTruncating(seed % 2);
    }
}
