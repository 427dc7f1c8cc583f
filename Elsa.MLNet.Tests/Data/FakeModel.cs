using Elsa.MLNet.Data;

namespace Elsa.MLNet.Tests.Data;

/// <summary>
/// A model without ONNX Runtime: the score is the sum of the row and the row's place in its batch. Counts its runs.
/// </summary>
internal sealed class FakeModel(int inputSize, int capacity = int.MaxValue) : IRowModel
{
    public int Opened { get; private set; }

    public int Runs { get; private set; }

    public Action? BeforeRun { get; init; }

    public string InputDescription => $"'x' float [batch, {inputSize}]";

    public bool Accepts(int size) => size == inputSize;

    public int OutputSize(int size) => 2;

    public IBatchScorer Open(int size, int batchSize)
    {
        Opened++;
        return new Scorer(this, size, Math.Min(batchSize, capacity));
    }

    private sealed class Scorer(FakeModel model, int size, int capacity) : IBatchScorer
    {
        private readonly float[] _input = new float[capacity * size];
        private readonly float[] _output = new float[capacity * 2];
        private bool _disposed;

        public int Capacity => capacity;

        public Span<float> Input(int row) => _input.AsSpan(row * size, size);

        public ReadOnlySpan<float> Score(int row) => _output.AsSpan(row * 2, 2);

        public void Run(int rows)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            model.BeforeRun?.Invoke();
            model.Runs++;
            for (int row = 0; row < rows; row++)
                (_output[row * 2], _output[row * 2 + 1]) = (Sum(row), row);
        }

        public void Dispose() => _disposed = true;

        private float Sum(int row)
        {
            float sum = 0;
            foreach (float value in Input(row))
                sum += value;
            return sum;
        }
    }
}
