using Elsa.MLNet.Data;

namespace Elsa.MLNet.Scoring;

/// <summary>What is measured of scores beside their relative error, and whether they tell classes.</summary>
/// <param name="Metric">What is measured; <see cref="ElsaMetric.Auto"/> is nothing more.</param>
/// <param name="ScoresAreClasses">Whether a row's scores mean a class. One score may be a number, as of a regression:
/// then levels agree by no side of a threshold.</param>
internal readonly record struct MeasuredMetric(ElsaMetric Metric, bool ScoresAreClasses)
{
    /// <summary>Whether scores are numbers whose mean matters, rather than how they compare.</summary>
    public bool ScoresAreNumbers => Metric == ElsaMetric.MeanSquaredError || !ScoresAreClasses;

    /// <summary>Name of the metric that tells most.</summary>
    public string Name => Metric switch
    {
        ElsaMetric.Accuracy => "accuracy",
        ElsaMetric.MeanSquaredError => "meanSquaredError",
        _ => ScoresAreClasses ? "agreement" : "relativeError",
    };

    /// <param name="rows">Held-out rows.</param>
    /// <param name="size">Values of a row's score.</param>
    /// <param name="threshold">Of one score: at or above it a row is class 1; 0 unless it is a probability.</param>
    /// <param name="asked">What is asked for.</param>
    /// <exception cref="ArgumentException">The label does not fit the score or the metric.</exception>
    public static MeasuredMetric Of(SampledRows rows, int size, float threshold, ElsaMetric asked)
    {
        var areClasses = size > 1 || threshold > 0;
        if (rows.LabelColumn is not { } column || rows.Count == 0 || asked == ElsaMetric.Agreement)
            return new MeasuredMetric(asked, areClasses || asked == ElsaMetric.Agreement);
        var length = rows.Labels[0].Length;
        if (asked == ElsaMetric.Auto)
            asked = length == 1 && (rows.LabelIsClass || size > 1) ? ElsaMetric.Accuracy : ElsaMetric.MeanSquaredError;
        if (asked == ElsaMetric.Accuracy) RequireClasses(rows, column, length, Math.Max(2, size));
        if (asked == ElsaMetric.MeanSquaredError && length != size)
            throw new ArgumentException($"A label of column '{column}' has {length} values and a score has {size}; the mean squared error " +
                "needs as many. Choose a label of the score's size, or ElsaMetric.Agreement.");
        return new MeasuredMetric(asked, areClasses || asked == ElsaMetric.Accuracy);
    }

    private static void RequireClasses(SampledRows rows, string column, int length, int classes)
    {
        if (length != 1)
            throw new ArgumentException($"A label of column '{column}' has {length} values; accuracy needs one class a row. Name a column " +
                "with one class a row, or choose another ElsaMetric.");
        for (var row = 0; row < rows.Count; row++)
            if (!ClassLabels.IsClass(rows.Labels[row][0], classes))
                throw ClassLabels.NotAClass(rows.Labels[row][0], rows.Positions[row], classes, column);
    }
}
