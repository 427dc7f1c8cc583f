using Elsa.MLNet.Data;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// A few rows run through a model to learn how it treats rows: the shapes of its outputs, and whether they mix.
/// </summary>
internal sealed class Trial
{
    private const int Rows = 3;

    private readonly ModelSignature _signature;
    private readonly RowInputs _inputs;
    private readonly TrialResult[][] _alone;

    /// <summary>Scores each row alone.</summary>
    /// <param name="session">The model as it was given.</param>
    /// <param name="signature">Its inputs and outputs.</param>
    /// <param name="inputs">What one row brings.</param>
    /// <exception cref="OnnxRuntimeException">The model does not run on one row.</exception>
    public Trial(InferenceSession session, ModelSignature signature, RowInputs inputs)
    {
        _signature = signature;
        _inputs = inputs;
        _alone = [.. Enumerable.Range(0, Rows).Select(row => Run(session, hasBatch: null, row, count: 1))];
        RowShapes = [.. _alone[0].Select(result => result.Shape)];
    }

    /// <summary>Per output its shape when one row is scored; none if it is no tensor.</summary>
    public IReadOnlyList<long[]> RowShapes { get; }

    /// <summary>Why rows together are not scored as each of them alone, or null if they are.</summary>
    public string? Objection(InferenceSession batched)
    {
        if (_signature.Outputs.FirstOrDefault(output => output.Objects is not null) is { } objects)
            return $"the output {objects} holds what belongs to all rows of a run";
        TrialResult[] together;
        try
        {
            together = Run(batched, hasBatch: true, first: 0, Rows);
        }
        catch (OnnxRuntimeException failure)
        {
            return $"{Rows} rows at once do not run ({failure.Message})";
        }
        for (int output = 0; output < together.Length; output++)
        {
            var (one, all) = (RowShapes[output], together[output].Shape);
            if (one is not [1, ..] || !all.AsSpan().SequenceEqual([Rows, .. one[1..]]))
                return $"{Rows} rows give [{string.Join(", ", all)}], one gives [{string.Join(", ", one)}]";
            for (int row = 0; row < Rows; row++)
            {
                if (!together[output].HasRow(row, _alone[row][output]))
                    return $"{Rows} rows at once score differently from each alone";
            }
        }
        return null;
    }

    private TrialResult[] Run(InferenceSession session, bool? hasBatch, int first, int count)
    {
        var ports = _signature.Inputs.Select((input, index) => InputPort.Of(
            input.ElementType, ItemType(input), _inputs.Dimensions[index], hasBatch ?? input.HasBatch, count)).ToArray();
        try
        {
            for (int row = 0; row < count; row++)
            {
                var random = new Random(first + row);
                foreach (var port in ports)
                    TrialRows.Fill(port.Values, row, first + row, random);
            }
            using var options = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using var results = session.Run(
                options, [.. _signature.Inputs.Select(input => input.Name)], [.. ports.Select(port => port.Tensor(count))],
                [.. _signature.Outputs.Select(output => output.Name)]);
            return [.. _signature.Outputs.Select((output, index) => TrialResult.Of(output, results[index]))];
        }
        finally
        {
            foreach (var port in ports)
                port.Dispose();
        }
    }

    private static Type ItemType(ModelTensor input) => TensorElements.ItemType(input.ElementType).RawType;
}
