using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// A few rows run through a model to learn how it treats rows: the shape of its output, and whether they mix.
/// </summary>
internal sealed class Trial
{
    private const int Rows = 3;
    private const float Tolerance = 1e-4f;

    private readonly ModelSignature _signature;
    private readonly long[] _rowDimensions;
    private readonly float[][] _alone;

    /// <summary>Scores each row alone.</summary>
    /// <param name="session">The model as it was given.</param>
    /// <param name="signature">Its input and output.</param>
    /// <param name="rowDimensions">Dimensions of one row.</param>
    /// <exception cref="OnnxRuntimeException">The model does not run on one row.</exception>
    public Trial(InferenceSession session, ModelSignature signature, long[] rowDimensions)
    {
        _signature = signature;
        _rowDimensions = rowDimensions;
        _alone = new float[Rows][];
        for (int row = 0; row < Rows; row++)
            (_alone[row], RowShape) = Run(session, signature.Input.HasBatch, row, count: 1);
    }

    /// <summary>The output's shape when one row is scored.</summary>
    public long[] RowShape { get; } = [];

    /// <summary>
    /// Why rows together are not scored as each of them alone, or null if they are: within 1e-4 of the row's largest
    /// value.
    /// </summary>
    public string? Objection(InferenceSession batched)
    {
        float[] together;
        long[] shape;
        try
        {
            (together, shape) = Run(batched, hasBatch: true, first: 0, Rows);
        }
        catch (OnnxRuntimeException failure)
        {
            return $"{Rows} rows at once do not run ({failure.Message})";
        }
        if (RowShape is not [1, ..] || !shape.AsSpan().SequenceEqual([Rows, .. RowShape[1..]]))
            return $"{Rows} rows give [{string.Join(", ", shape)}], one gives [{string.Join(", ", RowShape)}]";
        int size = _alone[0].Length;
        for (int row = 0; row < Rows; row++)
        {
            if (_alone[row].Length != size || !Agree(_alone[row], together.AsSpan(row * size, size)))
                return $"{Rows} rows at once score differently from each alone";
        }
        return null;
    }

    private (float[] Values, long[] Shape) Run(InferenceSession session, bool hasBatch, int first, int count)
    {
        using var input = new TensorBuffer(_signature.Input.ElementType, _rowDimensions, hasBatch, count);
        for (int row = 0; row < count; row++)
        {
            var random = new Random(first + row);
            foreach (ref float value in input.Row(row))
                value = random.NextSingle();
        }
        input.Encode(count);
        using var options = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var results = session.Run(
            options, [_signature.Input.Name], [input.Tensor(count)], [_signature.Output.Name]);
        var shape = results[0].GetTensorTypeAndShape().Shape;
        var raw = results[0].GetTensorMutableRawData();
        var values = new float[raw.Length / TensorElements.Bytes(_signature.Output.ElementType)];
        TensorElements.Decode(raw, _signature.Output.ElementType, values);
        return (values, shape);
    }

    private static bool Agree(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        float largest = 0;
        foreach (float value in expected)
        {
            if (float.IsFinite(value))
                largest = Math.Max(largest, Math.Abs(value));
        }
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= Tolerance * largest;
            if (!same)
                return false;
        }
        return true;
    }
}
