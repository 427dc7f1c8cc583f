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
    private readonly InputPort[] _inputPorts;
    private readonly OutputPort[] _outputPorts;
    private readonly OrtValue[] _inputs;
    private readonly OrtValue[]? _outputs;
    private readonly RunOptions _options = new();
    private DeviceTensors? _device;
    private BatchParts? _parts;

    public LevelScorer(
        LevelModel model, LevelSession session, IReadOnlyList<Type> itemTypes, int batchSize,
        CancellationToken cancellation)
    {
        _model = model;
        _session = session;
        _cancellation = cancellation;
        bool hasBatch = session.Batching != Batching.RowByRow;
        Capacity = hasBatch ? batchSize : 1;
        var (inputs, outputs) = (session.Signature.Inputs, session.Signature.Outputs);
        _inputPorts = [.. inputs.Select((input, index) => InputPort.Of(
            input.ElementType, itemTypes[index], session.InputDimensions[index], hasBatch, Capacity))];
        _outputPorts = [.. outputs.Select((output, index) => OutputPort.Of(
            output, session.OutputDimensions[index], hasBatch, Capacity))];
        _inputs = new OrtValue[inputs.Count];
        _outputs = _outputPorts.All(port => port.Memory is not null) ? new OrtValue[outputs.Count] : null;
        bool areNumbers = inputs.All(input => TensorElements.Bytes(input.ElementType) > 0);
        _device = _outputs is not null && areNumbers ? session.OpenDevice() : null;
        _terminate = cancellation.Register(static options => ((RunOptions)options!).Terminate = true, _options);
    }

    public int Capacity { get; }

    public IRowValues Inputs(int input) => _inputPorts[input].Values;

    public IRowValues Outputs(int output) => _outputPorts[output].Values;

    public void Run(int rows)
    {
        _model.ThrowIfDisposed();
        _cancellation.ThrowIfCancellationRequested();
        for (int input = 0; input < _inputs.Length; input++)
            _inputs[input] = _inputPorts[input].Tensor(rows);
        try
        {
            if (_outputs is not null)
                RunBound(_outputs, rows);
            else
                RunAndTake(rows);
        }
        catch (OnnxRuntimeException) when (_cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(_cancellation);
        }
    }

    public void Dispose()
    {
        _terminate.Dispose();
        _options.Dispose();
        _session.Close(Interlocked.Exchange(ref _device, null));
        _parts?.Dispose();
        foreach (var port in _inputPorts)
            port.Dispose();
        foreach (var port in _outputPorts)
            port.Dispose();
    }

    private void RunBound(OrtValue[] outputs, int rows)
    {
        int parts = _device is null ? _session.Division.Parts(rows) : 1;
        if (parts > 1)
        {
            if (_parts is null || !_parts.Fit(rows, parts))
            {
                _parts?.Dispose();
                _parts = new BatchParts(_inputPorts, _outputPorts, rows, parts);
            }
            _parts.Run(_session, _options);
        }
        else
        {
            for (int output = 0; output < outputs.Length; output++)
                outputs[output] = _outputPorts[output].Memory!.Tensor(rows);
            _session.Run(rows, _options, _inputs, outputs, _device);
        }
        foreach (var port in _outputPorts)
            port.Memory!.Decode(rows);
    }

    private void RunAndTake(int rows) => _session.Run(rows, _options, _inputs, results =>
    {
        for (int output = 0; output < _outputPorts.Length; output++)
            _outputPorts[output].Take(results[output], rows);
    });
}
