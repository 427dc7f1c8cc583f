using Elsa.MLNet.Data;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Data;

/// <summary>
/// A model without ONNX Runtime: the score is the sum of the row and the row's place in its batch. Counts its runs.
/// </summary>
internal sealed class FakeModel(int inputSize, int capacity = int.MaxValue) : IRowModel
{
    public int Opened { get; private set; }

    public int Runs { get; private set; }

    public Action? BeforeRun { get; init; }

    public RowInputs Bind(IReadOnlyList<InputColumn> columns) => new([typeof(float)], [[inputSize]]);

    public IReadOnlyList<DataViewType> OutputTypes(RowInputs inputs) => [new VectorDataViewType(NumberDataViewType.Single, 2)];

    public IBatchScorer Open(RowInputs inputs, int batchSize)
    {
        Opened++;
        return new Scorer(this, inputSize, Math.Min(batchSize, capacity));
    }

    private sealed class Scorer(FakeModel model, int size, int capacity) : IBatchScorer
    {
        private readonly Rows _input = new(capacity, size);
        private readonly Rows _output = new(capacity, 2);
        private bool _disposed;

        public int Capacity => capacity;

        public IRowValues Inputs(int input) => _input;

        public IRowValues Outputs(int output) => _output;

        public void Run(int rows)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            model.BeforeRun?.Invoke();
            model.Runs++;
            for (int row = 0; row < rows; row++)
                (_output.Row(row)[0], _output.Row(row)[1]) = (Sum(row), row);
        }

        public void Dispose() => _disposed = true;

        private float Sum(int row)
        {
            float sum = 0;
            foreach (float value in _input.Row(row))
                sum += value;
            return sum;
        }
    }

    private sealed class Rows(int capacity, int size) : IRowValues<float>
    {
        private readonly float[] _values = new float[capacity * size];

        public Span<float> Row(int row) => _values.AsSpan(row * size, size);
    }
}
