using Elsa.MLNet.Data;
using Elsa.MLNet.Scoring.Sparse;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// One level, loaded: what is known about its rows, and a session of ONNX Runtime, or none if all of it is known from
/// earlier and <see cref="LevelKernels"/> open what they need. Thread safe.
/// </summary>
internal sealed class LevelSession : IDisposable
{
    private readonly InferenceSession? _session;
    private readonly Provider _provider;
    private readonly ReferenceCount _users;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;
    private LevelKernels? _kernels;

    private LevelSession(
        InferenceSession? session, ModelSignature signature, RowInputs inputs, LevelOpening opening,
        Provider provider)
    {
        _session = session;
        _provider = provider;
        _users = new ReferenceCount(Free);
        _inputNames = [.. signature.Inputs.Select(input => input.Name)];
        _outputNames = [.. signature.Outputs.Select(output => output.Name)];
        Signature = signature;
        Opening = opening;
        var rowShapes = opening.RowShapes;
        bool oneByOne = opening.Batching == Batching.RowByRow;
        InputDimensions = [.. signature.Inputs.Zip(inputs.Dimensions, (input, dimensions) =>
            oneByOne && input.HasBatch ? [1, .. dimensions] : dimensions)];
        OutputDimensions = oneByOne ? rowShapes : [.. rowShapes.Select(shape => shape[1..])];
        RowDimensions = [.. signature.Outputs.Zip(rowShapes, (output, shape) =>
            output.HasBatch || (signature.HasBatch && output.RowDimensions() is null) ? WithoutBatch(shape) : shape)];
        OutputSizes = [.. rowShapes.Select(shape => (int)shape.Aggregate(1L, (product, dimension) => product * dimension))];
    }

    public ModelSignature Signature { get; }

    /// <summary>How rows get through.</summary>
    public LevelOpening Opening { get; }

    /// <summary>How batches are divided for this session; told before the first run.</summary>
    public BatchDivision Division { get; set; }

    public Batching Batching => Opening.Batching;

    /// <summary>Why rows go one by one; empty otherwise.</summary>
    public string Reason => Opening.Reason;

    /// <summary>Per input the dimensions of one row, without a batch unless rows go one by one.</summary>
    public IReadOnlyList<long[]> InputDimensions { get; }

    /// <summary>Per output the dimensions of one row, without a batch unless rows go one by one.</summary>
    public IReadOnlyList<long[]> OutputDimensions { get; }

    /// <summary>Per output the dimensions of one row, without a batch.</summary>
    public IReadOnlyList<long[]> RowDimensions { get; }

    /// <summary>Per output the values of one row; 1 if it is no tensor.</summary>
    public IReadOnlyList<int> OutputSizes { get; }

    /// <summary>Opens the model and finds by running it how rows get through.</summary>
    /// <param name="model">A plain ONNX model; not changed.</param>
    /// <param name="signature">Its inputs and outputs.</param>
    /// <param name="inputs">What one row brings.</param>
    /// <param name="execution">Threads and provider.</param>
    /// <exception cref="ArgumentException">The model cannot be opened, does not run, or does not fit the
    /// row.</exception>
    public static LevelSession Load(
        ModelProto model, ModelSignature signature, RowInputs inputs, ElsaExecutionOptions execution)
    {
        var provider = Provider.Named(execution.Provider);
        provider.Enter();
        try
        {
            return Load(model, signature, inputs, execution, provider);
        }
        finally
        {
            provider.Leave();
        }
    }

    /// <summary>A level of which it is known how rows get through, without a session: <see cref="Use"/> comes next.
    /// </summary>
    /// <param name="opening">What was found when it was loaded earlier.</param>
    /// <param name="signature">The level's inputs and outputs.</param>
    /// <param name="inputs">What one row brings.</param>
    public static LevelSession Known(LevelOpening opening, ModelSignature signature, RowInputs inputs) =>
        new(null, signature, inputs, opening, Provider.Cpu);

    private static LevelSession Load(
        ModelProto model, ModelSignature signature, RowInputs inputs, ElsaExecutionOptions execution, Provider provider)
    {
        var session = SessionOpening.Open(model, execution);
        try
        {
            var trial = new Trial(session, signature, inputs);
            for (int output = 0; output < trial.RowShapes.Count; output++)
            {
                if (trial.RowShapes[output].Contains(0))
                {
                    throw new ArgumentException(
                        $"The model's output {signature.Outputs[output]} is empty for one row. Choose an output with " +
                        "values.",
                        nameof(model));
                }
            }
            string objection = Fixed(signature);
            if (signature.HasFreeBatch)
            {
                if (trial.Objection(session) is not { } freeObjection)
                    return Opened(session, Batching.Free, "");
                objection = freeObjection;
            }
            if (signature.HasBatch && Rewrite(model, signature, execution, trial, ref objection) is { } rewritten)
            {
                session.Dispose();
                return Opened(rewritten, Batching.Rewritten, "");
            }
            return Opened(session, Batching.RowByRow, objection);

            LevelSession Opened(InferenceSession opened, Batching batching, string reason) =>
                new(opened, signature, inputs, new LevelOpening(batching, reason, trial.RowShapes), provider);
        }
        catch (Exception failure)
        {
            session.Dispose();
            if (failure is OnnxRuntimeException)
            {
                throw new ArgumentException(
                    $"The model '{model.Graph.Name}' does not run on one row of {Rows(inputs)}: {failure.Message}",
                    nameof(model),
                    failure);
            }
            throw;
        }
    }

    /// <summary>A model of the level as this session has it: opened to several rows, if it was.</summary>
    public ModelProto Opened(ModelProto model) => Batching == Batching.Rewritten
        ? FreeBatch.Apply(model, [.. Signature.Inputs.Select(input => input.Name)])
        : model;

    /// <summary>Scores by the kernels that are fastest from now on; before the first run.</summary>
    /// <param name="kernels">Makes them of the session, which they own then.</param>
    public void Use(Func<InferenceSession?, LevelKernels> kernels) => _kernels = kernels(_session);

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
            if (device is not null)
            {
                device.Run(inputs, outputs, (ins, outs) => _session!.Run(options, _inputNames, ins, _outputNames, outs));
                return;
            }
            using var held = _kernels?.Session(new LevelRun(rows, _inputNames, inputs, _outputNames));
            (held?.Session ?? _session!).Run(options, _inputNames, inputs, _outputNames, outputs);
        }
        finally
        {
            _provider.Leave();
            _users.Release();
        }
    }

    /// <summary>
    /// Runs, and shows what ONNX Runtime made, which it frees when <paramref name="take"/> returns. Several threads may
    /// run at once.
    /// </summary>
    public void Run(int rows, RunOptions options, OrtValue[] inputs, Action<IReadOnlyList<OrtValue>> take)
    {
        _users.Add();
        _provider.Enter();
        try
        {
            using var held = _kernels?.Session(new LevelRun(rows, _inputNames, inputs, _outputNames));
            using var results = (held?.Session ?? _session!).Run(options, _inputNames, inputs, _outputNames);
            take(results);
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
        if (_session is null)
            return null;
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

    private static long[] WithoutBatch(long[] shape) => shape is [1, ..] ? shape[1..] : shape;

    private static string Rows(RowInputs inputs) => inputs.Dimensions.Count == 1
        ? $"{inputs.Dimensions[0].Aggregate(1L, (product, dimension) => product * dimension)} values"
        : inputs.Shape;

    private static string Fixed(ModelSignature signature) => signature.HasBatch ? ""
        : signature.Inputs.Count == 1 ? "the input's first dimension is neither 1 nor free"
        : $"the first dimension of '{signature.Inputs.First(input => !input.HasBatch).Name}' is neither 1 nor free";

    private void Free()
    {
        // Another thread may be running another level on the device.
        _provider.Enter();
        try
        {
            if (_kernels is null)
                _session?.Dispose();
            else
                _kernels.Dispose();
        }
        finally
        {
            _provider.Leave();
        }
    }

    private static InferenceSession? Rewrite(
        ModelProto model, ModelSignature signature, ElsaExecutionOptions execution, Trial trial, ref string objection)
    {
        InferenceSession rewritten;
        try
        {
            rewritten = SessionOpening.Open(FreeBatch.Apply(model, [.. signature.Inputs.Select(i => i.Name)]), execution);
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
