using Microsoft.ML.OnnxRuntime;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring;

/// <summary>What one output of a trial gave; empty for an output that is no tensor.</summary>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Numbers">Its values; empty if they are texts.</param>
/// <param name="Texts">Its values; empty if they are numbers.</param>
/// <param name="Tolerance">By how much of a row's largest value numbers may differ.</param>
internal sealed record TrialResult(long[] Shape, double[] Numbers, string[] Texts, double Tolerance)
{
    private const double FloatingTolerance = 1e-4;

    public static TrialResult Of(ModelTensor output, OrtValue value)
    {
        if (output.Objects is not null)
            return new TrialResult([], [], [], 0);
        var shape = value.GetTensorTypeAndShape().Shape;
        return output.ElementType == DataType.String
            ? new TrialResult(shape, [], value.GetStringTensorAsArray(), 0)
            : new TrialResult(
                shape, TensorElements.Numbers(value.GetTensorMutableRawData(), output.ElementType), [],
                TensorElements.IsFloating(output.ElementType) ? FloatingTolerance : 0);
    }

    /// <summary>
    /// Whether row <paramref name="row"/> is what the row gave alone: texts and integers the same, floating-point numbers
    /// within 1e-4 of the row's largest value.
    /// </summary>
    public bool HasRow(int row, TrialResult alone)
    {
        int texts = alone.Texts.Length, numbers = alone.Numbers.Length;
        return Texts.Length >= (row + 1) * texts && Numbers.Length >= (row + 1) * numbers
            && Texts.AsSpan(row * texts, texts).SequenceEqual(alone.Texts)
            && Agree(alone.Numbers, Numbers.AsSpan(row * numbers, numbers), Tolerance);
    }

    private static bool Agree(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance)
    {
        double largest = 0;
        foreach (double value in expected)
        {
            if (double.IsFinite(value))
                largest = Math.Max(largest, Math.Abs(value));
        }
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= tolerance * largest;
            if (!same)
                return false;
        }
        return true;
    }
}
