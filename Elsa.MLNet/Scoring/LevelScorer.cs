using Elsa.MLNet.Data;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring;

/// <summary>A level with buffers of its own: what one cursor, or one prediction engine, scores with.</summary>
internal sealed class LevelScorer : IBatchScorer
{
    private readonly LevelModel _model;
    private readonly LevelSession _session;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _terminate;
    private readonly TensorBuffer _input;
    private readonly TensorBuffer _output;
    private readonly OrtValue[] _inputs = new OrtValue[1];
    private readonly OrtValue[] _outputs = new OrtValue[1];
    private DeviceTensors? _device;
    private readonly RunOptions _options = new();

    public LevelScorer(LevelModel model, LevelSession session, int batchSize, CancellationToken cancellation)
    {
        _model = model;
        _session = session;
        _cancellation = cancellation;
        bool hasBatch = session.Batching != Batching.RowByRow;
        Capacity = hasBatch ? batchSize : 1;
        _input = new TensorBuffer(session.Signature.Input.ElementType, session.InputDimensions, hasBatch, Capacity);
        _output = new TensorBuffer(session.Signature.Output.ElementType, session.OutputDimensions, hasBatch, Capacity);
        _device = session.OpenDevice();
        _terminate = cancellation.Register(static options => ((RunOptions)options!).Terminate = true, _options);
    }

    public int Capacity { get; }

    public Span<float> Input(int row) => _input.Row(row);

    public ReadOnlySpan<float> Score(int row) => _output.Row(row);

    public void Run(int rows)
    {
        _model.ThrowIfDisposed();
        _cancellation.ThrowIfCancellationRequested();
        _input.Encode(rows);
        _inputs[0] = _input.Tensor(rows);
        _outputs[0] = _output.Tensor(rows);
        try
        {
            _session.Run(rows, _options, _inputs, _outputs, _device);
        }
        catch (OnnxRuntimeException) when (_cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(_cancellation);
        }
        _output.Decode(rows);
    }

    public void Dispose()
    {
        _terminate.Dispose();
        _options.Dispose();
        _session.Close(Interlocked.Exchange(ref _device, null));
        _input.Dispose();
        _output.Dispose();
    }
}
