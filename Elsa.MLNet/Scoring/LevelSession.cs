using Elsa.MLNet.Scoring.Sparse;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>One level, loaded: a session of ONNX Runtime and what is known about its rows. Thread safe.</summary>
internal sealed class LevelSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly Provider _provider;
    private readonly ReferenceCount _users;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;
    private LevelKernels? _kernels;

    private LevelSession(
        InferenceSession session, ModelSignature signature, long[] rowDimensions, long[] rowShape, Batching batching,
        string reason, Provider provider)
    {
        _session = session;
        _provider = provider;
        _users = new ReferenceCount(
            nameof(LevelSession), "The level was freed while rows were still being scored with it.", Free);
        _inputNames = [signature.Input.Name];
        _outputNames = [signature.Output.Name];
        Signature = signature;
        Batching = batching;
        Reason = reason;
        bool oneByOne = batching == Batching.RowByRow;
        InputDimensions = oneByOne && signature.Input.HasBatch ? [1, .. rowDimensions] : rowDimensions;
        OutputDimensions = oneByOne ? rowShape : rowShape[1..];
        OutputSize = (int)rowShape.Aggregate(1L, (product, dimension) => product * dimension);
    }

    public ModelSignature Signature { get; }

    public Batching Batching { get; }

    /// <summary>Why rows go one by one; empty otherwise.</summary>
    public string Reason { get; }

    /// <summary>Dimensions of one row of the input, without a batch unless rows go one by one.</summary>
    public long[] InputDimensions { get; }

    /// <summary>Dimensions of one row of the output, without a batch unless rows go one by one.</summary>
    public long[] OutputDimensions { get; }

    /// <summary>Values of one score.</summary>
    public int OutputSize { get; }

    /// <summary>Opens the model and finds by running it how rows get through.</summary>
    /// <param name="model">A plain ONNX model; not changed.</param>
    /// <param name="signature">Its input and output.</param>
    /// <param name="inputSize">Values of one row.</param>
    /// <param name="execution">Threads and provider.</param>
    /// <exception cref="ArgumentException">The model cannot be opened, does not run, or does not fit the
    /// row.</exception>
    public static LevelSession Load(
        ModelProto model, ModelSignature signature, int inputSize, ElsaExecutionOptions execution)
    {
        var rowDimensions = signature.Input.RowDimensionsFor(inputSize)
            ?? throw new ArgumentException(
                $"The model's input {signature.Input} cannot take rows of {inputSize} values.", nameof(inputSize));
        var provider = Provider.Named(execution.Provider);
        provider.Enter();
        try
        {
            return Load(model, signature, inputSize, rowDimensions, execution, provider);
        }
        finally
        {
            provider.Leave();
        }
    }

    private static LevelSession Load(
        ModelProto model, ModelSignature signature, int inputSize, long[] rowDimensions,
        ElsaExecutionOptions execution, Provider provider)
    {
        var session = SessionOpening.Open(model, execution);
        try
        {
            var trial = new Trial(session, signature, rowDimensions);
            if (trial.RowShape.Contains(0))
            {
                throw new ArgumentException(
                    $"The model's output {signature.Output} is empty for one row. Choose an output with values.",
                    nameof(model));
            }
            string objection = signature.Input.HasBatch ? "" : "the input's first dimension is neither 1 nor free";
            if (signature.Input.HasFreeBatch)
            {
                if (trial.Objection(session) is not { } freeObjection)
                    return Opened(session, Batching.Free, "");
                objection = freeObjection;
            }
            if (signature.Input.HasBatch && Rewrite(model, signature, execution, trial, ref objection) is { } rewritten)
            {
                session.Dispose();
                return Opened(rewritten, Batching.Rewritten, "");
            }
            return Opened(session, Batching.RowByRow, objection);

            LevelSession Opened(InferenceSession opened, Batching batching, string reason) =>
                new(opened, signature, rowDimensions, trial.RowShape, batching, reason, provider);
        }
        catch (Exception failure)
        {
            session.Dispose();
            if (failure is OnnxRuntimeException)
            {
                throw new ArgumentException(
                    $"The model '{model.Graph.Name}' does not run on one row of {inputSize} values: {failure.Message}",
                    nameof(model),
                    failure);
            }
            throw;
        }
    }

    /// <summary>A model of the level as this session has it: opened to several rows, if it was.</summary>
    public ModelProto Opened(ModelProto model) =>
        Batching == Batching.Rewritten ? FreeBatch.Apply(model, Signature.Input.Name) : model;

    /// <summary>Scores by the kernels that are fastest from now on; before the first run.</summary>
    /// <param name="kernels">Makes them of the session, which they own then.</param>
    public void Use(Func<InferenceSession, LevelKernels> kernels) => _kernels = kernels(_session);

    /// <summary>How the level's layers run for as many rows; empty while nothing was scored or chosen.</summary>
    public IReadOnlyList<ElsaLayerExecution> Execution(int rows) => _kernels?.Execution(rows) ?? [];

    /// <summary>Runs over bound tensors. Several threads may run at once.</summary>
    /// <param name="rows">Rows in the tensors.</param>
    /// <param name="options">Ends the run from another thread.</param>
    /// <param name="inputs">Tensors in the machine's memory.</param>
    /// <param name="outputs">Tensors in the machine's memory; filled.</param>
    /// <param name="device">The scorer's tensors on the device, if it has some.</param>
    public void Run(
        int rows, RunOptions options, OrtValue[] inputs, OrtValue[] outputs, DeviceTensors? device = null)
    {
        _users.Add();
        _provider.Enter();
        try
        {
            if (_kernels is not null)
            {
                using var held = _kernels.Session(rows, _inputNames, inputs, _outputNames);
                held.Session.Run(options, _inputNames, inputs, _outputNames, outputs);
            }
            else if (device is null)
                _session.Run(options, _inputNames, inputs, _outputNames, outputs);
            else
                device.Run(inputs, outputs, (ins, outs) => _session.Run(options, _inputNames, ins, _outputNames, outs));
        }
        finally
        {
            _provider.Leave();
            _users.Release();
        }
    }

    /// <summary>
    /// Tensors on the device for one scorer, or null where there are none. They keep the session until
    /// <see cref="Close"/>, as they live in its memory.
    /// </summary>
    public DeviceTensors? OpenDevice()
    {
        _users.Add();
        _provider.Enter();
        DeviceTensors? device = null;
        try
        {
            return device = DeviceTensors.TryCreate(_session, _provider);
        }
        finally
        {
            _provider.Leave();
            if (device is null)
                _users.Release();
        }
    }

    /// <summary>Gives back what <see cref="OpenDevice"/> gave.</summary>
    public void Close(DeviceTensors? device)
    {
        if (device is null)
            return;
        _provider.Enter();
        device.Dispose();
        _provider.Leave();
        _users.Release();
    }

    /// <summary>Frees the session as soon as no run is in it; later runs throw.</summary>
    public void Dispose() => _users.Release();

    private void Free()
    {
        if (_kernels is null)
            _session.Dispose();
        else
            _kernels.Dispose();
    }

    private static InferenceSession? Rewrite(
        ModelProto model, ModelSignature signature, ElsaExecutionOptions execution, Trial trial, ref string objection)
    {
        InferenceSession rewritten;
        try
        {
            rewritten = SessionOpening.Open(FreeBatch.Apply(model, signature.Input.Name), execution);
        }
        catch (ArgumentException refusal)
        {
            objection = refusal.Message;
            return null;
        }
        if (trial.Objection(rewritten) is not { } found)
            return rewritten;
        objection = found;
        rewritten.Dispose();
        return null;
    }
}
