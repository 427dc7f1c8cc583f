namespace Elsa.MLNet.Scoring;

/// <summary>How several rows get through a model. Found by running, never assumed.</summary>
internal enum Batching
{
    /// <summary>The model takes any number of rows as it is.</summary>
    Free,

    /// <summary>The model was made for one row, and <see cref="FreeBatch"/> opened it for more.</summary>
    Rewritten,

    /// <summary>Rows scored together differ from rows scored alone, so they go through one at a time.</summary>
    RowByRow,
}
