using System.Globalization;

namespace Elsa.MLNet.Data;

/// <summary>Turns labels into class indices, as a cross-entropy loss wants them.</summary>
internal static class ClassLabels
{
    /// <param name="labels">Per row its 0-based class as a number; a missing key is NaN.</param>
    /// <param name="positions">Per row its position in the data, for errors.</param>
    /// <param name="classes">Classes that the network tells apart.</param>
    /// <param name="column">Name of the label column, for errors.</param>
    /// <param name="indices">Receives the classes.</param>
    /// <exception cref="ArgumentException">A label is missing or not a class in [0, <paramref name="classes"/>), or the
    /// spans' lengths differ.</exception>
    public static void Fill(
        ReadOnlySpan<float> labels, ReadOnlySpan<long> positions, int classes, string column, Span<long> indices)
    {
        if (labels.Length != positions.Length || labels.Length != indices.Length)
            throw new ArgumentException(
                $"There are {labels.Length} labels of column '{column}' for {positions.Length} rows and " +
                $"{indices.Length} class indices; a class is one number a row. Name a column with one class a row.");
        for (var row = 0; row < labels.Length; row++)
        {
            var label = labels[row];
            if (!IsClass(label, classes))
                throw NotAClass(label, positions[row], classes, column);
            indices[row] = (long)label;
        }
    }

    /// <summary>Whether the label is a class in [0, <paramref name="classes"/>).</summary>
    public static bool IsClass(float label, int classes) =>
        label >= 0 && label < classes && label == MathF.Truncate(label);

    /// <summary>A label that is not a class in [0, <paramref name="classes"/>).</summary>
    public static ArgumentException NotAClass(float label, long position, int classes, string column) => new(
        float.IsNaN(label)
            ? $"Label column '{column}' has no value in row {position}. Allowed are the classes 0 to {classes - 1}; " +
              "leave such rows out, or check that MapValueToKey knows every class."
            : $"Label column '{column}' is {label.ToString(CultureInfo.InvariantCulture)} in row {position}. " +
              $"Allowed are the whole numbers 0 to {classes - 1}, one per output of the network; use " +
              "MapValueToKey to number the classes, or a network with more outputs.");
}
