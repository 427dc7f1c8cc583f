using Microsoft.ML.OnnxRuntime;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>How far the outputs of two runs on the same rows are apart.</summary>
internal static class Agreement
{
    /// <summary>The largest difference that sums in another order make.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>
    /// The largest difference of an output: the norm of the differences over the norm of the expected values, where
    /// those are finite. Where no output is floating-point, the share of values that differ; null if there are none to
    /// compare.
    /// </summary>
    public static double? Difference(IReadOnlyList<OrtValue> expected, IReadOnlyList<OrtValue> actual)
    {
        var pairs = expected.Zip(actual).Where(pair => pair.First.IsTensor).ToList();
        var numbers = pairs.Where(pair => TensorElements.IsFloating(TypeOf(pair.First))).ToList();
        var differences = numbers.Count > 0
            ? numbers.Select(pair => Distance(Numbers(pair.First), Numbers(pair.Second)))
            : pairs.Select(pair => TypeOf(pair.First) == DataType.String
                ? Unequal(pair.First.GetStringTensorAsArray(), pair.Second.GetStringTensorAsArray())
                : Unequal(Numbers(pair.First), Numbers(pair.Second)));
        return differences.Select(difference => (double?)difference).Max();
    }

    private static double Distance(double[] expected, double[] actual)
    {
        if (expected.Length != actual.Length)
            return double.PositiveInfinity;
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (!double.IsFinite(expected[i]))
                continue;
            difference += (expected[i] - actual[i]) * (expected[i] - actual[i]);
            norm += expected[i] * expected[i];
        }
        return difference == 0 ? 0
            : double.IsFinite(difference) ? Math.Sqrt(difference / norm)
            : double.PositiveInfinity;
    }

    private static double Unequal<T>(T[] expected, T[] actual) => expected.Length != actual.Length
        ? 1
        : expected.Zip(actual).Count(pair => !Equals(pair.First, pair.Second)) / (double)Math.Max(1, expected.Length);

    private static double[] Numbers(OrtValue value) =>
        TensorElements.Numbers(value.GetTensorMutableRawData(), TypeOf(value));

    // ONNX Runtime numbers the types as ONNX does.
    private static DataType TypeOf(OrtValue value) => (DataType)(int)value.GetTensorTypeAndShape().ElementDataType;
}
