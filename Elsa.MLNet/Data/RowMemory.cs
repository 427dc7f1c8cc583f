namespace Elsa.MLNet.Data;

/// <summary>How much memory rows may take while fitting.</summary>
internal static class RowMemory
{
    /// <summary>Bytes for one kept set of rows; fewer rows are kept where they would not fit.</summary>
    public const long Limit = 1L << 30;

    /// <summary>How many of the wanted rows fit, at least one.</summary>
    public static int Fitting(long rows, long bytesPerRow) =>
        (int)Math.Clamp(rows, 1, Math.Clamp(Limit / bytesPerRow, 1, int.MaxValue));
}
