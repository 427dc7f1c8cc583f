namespace Elsa.MLNet.Scoring;

/// <summary>
/// How a batch is divided into parts that are scored one by one, or side by side by a thread each. Rows do not depend on
/// each other, so that this divides the work better than threads inside every operator do; and what the operators of a
/// small part hand on to each other stays in the processor's caches.
/// </summary>
/// <param name="SideBySide">Parts that are scored at the same time.</param>
/// <param name="PartRows">Rows of a part at most.</param>
internal readonly record struct BatchDivision(int SideBySide, int PartRows)
{
    /// <summary>Rows of a part at most: enough for every kernel to work at full speed.</summary>
    private const int MostPartRows = 64;

    /// <summary>Rows of a part at least, if so many are left: weights are read once for a part.</summary>
    private const int LeastPartRows = 8;

    /// <summary>What operators may hand on to each other for a part: about half of a second-level cache.</summary>
    private const long PartBytes = 512 << 10;

    /// <summary>Rows that each thread must have at least in a full batch, else threads work inside operators.</summary>
    private const int LeastRowsPerThread = 4;

    /// <summary>Nothing is divided, as rows go one by one or to a device.</summary>
    public static BatchDivision None => default;

    /// <summary>Batches are divided where the processor scores numbers and operators run one after another.</summary>
    /// <param name="batchSize">Rows of a full batch.</param>
    /// <param name="execution">Provider and threads.</param>
    /// <param name="signature">Inputs and outputs.</param>
    /// <param name="rowBytes">Bytes that an operator hands on for a row at most; 0 if not known.</param>
    public static BatchDivision Of(
        int batchSize, ElsaExecutionOptions execution, ModelSignature signature, long rowBytes)
    {
        bool isDivisible = Provider.Named(execution.Provider).IsCpu && execution.InterOpNumThreads is null or 1
            && signature.Inputs.Concat(signature.Outputs).All(
                tensor => tensor.Objects is null && TensorElements.Bytes(tensor.ElementType) > 0);
        return isDivisible
            ? Of(batchSize, execution.IntraOpNumThreads ?? Environment.ProcessorCount, rowBytes)
            : None;
    }

    /// <summary>For batches of as many rows on as many threads of the processor.</summary>
    /// <param name="batchSize">Rows of a full batch.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="rowBytes">Bytes that an operator hands on for a row at most; 0 if not known.</param>
    public static BatchDivision Of(int batchSize, int threads, long rowBytes) => new(
        batchSize >= LeastRowsPerThread * threads ? threads : 1,
        (int)Math.Clamp(PartBytes / Math.Max(1, rowBytes), LeastPartRows, MostPartRows));

    /// <summary>How a part is executed: by one thread, if others score other parts meanwhile.</summary>
    public ElsaExecutionOptions OfPart(ElsaExecutionOptions execution) =>
        SideBySide > 1 ? execution with { IntraOpNumThreads = 1 } : execution;

    /// <summary>Rows of the largest part of a batch.</summary>
    public int RowsOfPart(int rows) => (rows + Parts(rows) - 1) / Parts(rows);

    /// <summary>Parts of a batch.</summary>
    public int Parts(int rows) =>
        SideBySide == 0 ? 1 : Math.Min(rows, Math.Max(SideBySide, (rows + PartRows - 1) / PartRows));
}
