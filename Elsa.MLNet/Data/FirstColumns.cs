namespace Elsa.MLNet.Data;

/// <summary>The first input and output of a scorer whose columns are of Single: what measuring needs.</summary>
internal static class FirstColumns
{
    /// <summary>Where the values of row <paramref name="row"/> of the batch are to be written.</summary>
    public static Span<float> Input(this IBatchScorer scorer, int row) => ((IRowValues<float>)scorer.Inputs(0)).Row(row);

    /// <summary>The score of row <paramref name="row"/> of the latest run.</summary>
    public static ReadOnlySpan<float> Score(this IBatchScorer scorer, int row) =>
        ((IRowValues<float>)scorer.Outputs(0)).Row(row);
}
