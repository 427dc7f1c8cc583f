using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring;

/// <summary>The tensors of a divided batch: views of the rows of each part.</summary>
internal sealed class BatchParts : IDisposable
{
    private readonly int _rows;
    private readonly Part[] _parts;

    /// <param name="inputs">Ports with memory.</param>
    /// <param name="outputs">Ports with memory.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="parts">Parts, at most as many as rows.</param>
    public BatchParts(
        IReadOnlyList<InputPort> inputs, IReadOnlyList<OutputPort> outputs, int rows, int parts)
    {
        _rows = rows;
        _parts = [.. Enumerable.Range(0, parts).Select(part =>
        {
            int first = (int)((long)rows * part / parts), count = (int)((long)rows * (part + 1) / parts) - first;
            return new Part(
                count, [.. inputs.Select(port => port.Memory!.Part(first, count))],
                [.. outputs.Select(port => port.Memory!.Part(first, count))]);
        })];
    }

    /// <summary>Whether these are the parts of such a batch.</summary>
    public bool Fit(int rows, int parts) => _rows == rows && _parts.Length == parts;

    /// <summary>Scores all parts. The first failure is thrown when no part runs any more.</summary>
    public void Run(LevelSession session, RunOptions options)
    {
        SideBySide.Run(_parts.Length, session.Division.SideBySide, index =>
        {
            var part = _parts[index];
            session.Run(part.Rows, options, part.Inputs, part.Outputs);
        });
    }

    public void Dispose()
    {
        foreach (var part in _parts)
        {
            foreach (var tensor in (OrtValue[])[.. part.Inputs, .. part.Outputs])
                tensor.Dispose();
        }
    }

    private sealed record Part(int Rows, OrtValue[] Inputs, OrtValue[] Outputs);
}
