using System.Numerics.Tensors;

namespace Elsa.MLNet.Data;

/// <summary>Labels that are numbers, as a regression loss wants them.</summary>
internal static class ValueLabels
{
    /// <param name="labels">Per row its values.</param>
    /// <param name="positions">Per row its position in the data, for errors.</param>
    /// <param name="column">Name of the label column, for errors.</param>
    /// <param name="values">Receives the values.</param>
    /// <exception cref="ArgumentException">A value is not finite, or a row has not as many values as the output.</exception>
    public static void Fill(ReadOnlySpan<float> labels, ReadOnlySpan<long> positions, string column, Span<float> values)
    {
        if (labels.Length != values.Length)
            throw new ArgumentException($"A label of column '{column}' has {labels.Length / positions.Length} values and the output has " +
                $"{values.Length / positions.Length}; the loss needs as many. Choose a label of the output's size.");
        if (!float.IsFinite(TensorPrimitives.Sum(labels)))
            for (var index = 0; index < labels.Length; index++)
                if (!float.IsFinite(labels[index]))
                    throw new ArgumentException($"Label column '{column}' has no finite value in row " +
                        $"{positions[index / (labels.Length / positions.Length)]}. Leave such rows out, or replace missing values.");
        labels.CopyTo(values);
    }
}
