namespace Elsa.MLNet.Data;

/// <summary>Which row of the batch a cursor is on; shared with the getters that it gave away.</summary>
internal sealed class BatchPosition
{
    private int _row = -1;

    /// <exception cref="InvalidOperationException">The cursor is on no row.</exception>
    public int Row
    {
        get => _row >= 0
            ? _row
            : throw new InvalidOperationException(
                "The cursor is on no row: it has not started or has ended. Call MoveNext first.");
        set => _row = value;
    }
}
