using Elsa.MLNet.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>One level, loaded: a session of ONNX Runtime and what is known about its rows. Thread safe.</summary>
internal sealed class LevelSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly ReferenceCount _users;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;

    private LevelSession(
        InferenceSession session, ModelSignature signature, RowInputs inputs, IReadOnlyList<long[]> rowShapes,
        Batching batching, string reason)
    {
        _session = session;
        _users = new ReferenceCount(
            nameof(LevelSession), "The level was freed while rows were still being scored with it.", session.Dispose);
        _inputNames = [.. signature.Inputs.Select(input => input.Name)];
        _outputNames = [.. signature.Outputs.Select(output => output.Name)];
        Signature = signature;
        Batching = batching;
        Reason = reason;
        bool oneByOne = batching == Batching.RowByRow;
        InputDimensions = [.. signature.Inputs.Zip(inputs.Dimensions, (input, dimensions) =>
            oneByOne && input.HasBatch ? [1, .. dimensions] : dimensions)];
        OutputDimensions = oneByOne ? rowShapes : [.. rowShapes.Select(shape => shape[1..])];
        RowDimensions = [.. signature.Outputs.Zip(rowShapes, (output, shape) =>
            output.HasBatch || (signature.HasBatch && output.RowDimensions() is null) ? WithoutBatch(shape) : shape)];
        OutputSizes = [.. rowShapes.Select(shape => (int)shape.Aggregate(1L, (product, dimension) => product * dimension))];
    }

    public ModelSignature Signature { get; }

    public Batching Batching { get; }

    /// <summary>Why rows go one by one; empty otherwise.</summary>
    public string Reason { get; }

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
                    return new LevelSession(session, signature, inputs, trial.RowShapes, Batching.Free, "");
                objection = freeObjection;
            }
            if (signature.HasBatch && Rewrite(model, signature, execution, trial, ref objection) is { } rewritten)
            {
                session.Dispose();
                return new LevelSession(rewritten, signature, inputs, trial.RowShapes, Batching.Rewritten, "");
            }
            return new LevelSession(session, signature, inputs, trial.RowShapes, Batching.RowByRow, objection);
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

    /// <summary>Runs over bound tensors. Several threads may run at once.</summary>
    public void Run(RunOptions options, OrtValue[] inputs, OrtValue[] outputs)
    {
        _users.Add();
        try
        {
            _session.Run(options, _inputNames, inputs, _outputNames, outputs);
        }
        finally
        {
            _users.Release();
        }
    }

    /// <summary>
    /// Runs, and shows what ONNX Runtime made, which it frees when <paramref name="take"/> returns. Several threads may
    /// run at once.
    /// </summary>
    public void Run(RunOptions options, OrtValue[] inputs, Action<IReadOnlyList<OrtValue>> take)
    {
        _users.Add();
        try
        {
            using var results = _session.Run(options, _inputNames, inputs, _outputNames);
            take(results);
        }
        finally
        {
            _users.Release();
        }
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
