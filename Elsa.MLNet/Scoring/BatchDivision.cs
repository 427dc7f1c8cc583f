namespace Elsa.MLNet.Scoring;

/// <summary>
/// How a batch is divided into parts that are scored one by one, or side by side by a thread each. Rows do not depend on
/// each other, so that this divides the work better than threads inside every operator do; and what the operators of a
/// small part hand on to each other stays in the processor's caches.
/// </summary>
/// <param name="SideBySide">Parts that are scored at the same time.</param>
internal readonly record struct BatchDivision(int SideBySide)
{
    /// <summary>Rows of a part at most: enough for every kernel to work at full speed.</summary>
    private const int PartRows = 64;

    /// <summary>Rows that each thread must have at least in a full batch, else threads work inside operators.</summary>
    private const int LeastRowsPerThread = 4;

    /// <summary>Nothing is divided, as rows go one by one or to a device.</summary>
    public static BatchDivision None => default;

    /// <summary>For batches of as many rows on as many threads of the processor.</summary>
    public static BatchDivision Of(int batchSize, int threads) =>
        new(batchSize >= LeastRowsPerThread * threads ? threads : 1);

    /// <summary>Parts of a batch.</summary>
    public int Parts(int rows) =>
        SideBySide == 0 ? 1 : Math.Min(rows, Math.Max(SideBySide, (rows + PartRows - 1) / PartRows));
}
