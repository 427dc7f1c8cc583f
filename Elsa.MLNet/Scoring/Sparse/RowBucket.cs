using Elsa.MLNet.Operators;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>Numbers of rows for which the same kernels are best.</summary>
internal static class RowBucket
{
    private static readonly int[] Ends = [1, 4, 15, 63];

    public static int Count => Ends.Length + 1;

    public static int Of(int rows)
    {
        int bucket = 0;
        while (bucket < Ends.Length && rows > Ends[bucket])
            bucket++;
        return bucket;
    }

    /// <summary>Whether all numbers of rows in the bucket go through tiles.</summary>
    public static bool IsTiled(int bucket) =>
        bucket > 0 && Ends[bucket - 1] >= SparseMatMulOperator.MostVectorsWithoutTiles;

    public static string Name(int bucket) => bucket switch
    {
        0 => "1 row",
        _ when bucket < Ends.Length => $"{Ends[bucket - 1] + 1} to {Ends[bucket]} rows",
        _ => $"{Ends[^1] + 1} rows or more",
    };
}
