namespace Elsa.MLNet.Data;

/// <summary>A row with outputs that are computed when they are asked for.</summary>
internal interface IScoredRow
{
    /// <summary>The scorer, having run over the current row, and the row's place in its batch.</summary>
    (IBatchScorer Scorer, int Row) Scored();
}
