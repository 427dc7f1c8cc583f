using System.Globalization;
using System.Reflection;
using Elsa.MLNet.Calibration;
using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Sparse;
using Elsa.MLNet.Training;
using Elsa.MLNet.Training.Losses;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Onnx;

namespace Elsa.MLNet;

/// <summary>
/// Fits nested masks onto a dense ONNX model: makes the parent that holds every level, and measures each on held-out rows.
/// </summary>
public sealed class ElsaSparsifyEstimator : IEstimator<ElsaTransformer>
{
    private const int RowsMeasuredPerEpoch = 1000;
    private static readonly TimeSpan SpeedBudget = TimeSpan.FromMilliseconds(300);

    private readonly IHostEnvironment _environment;
    private readonly ElsaSparsifyOptions _options;
    private readonly ElsaExecutionOptions _scoring;
    private readonly ScoringColumns _columns;
    private readonly ScoringColumns _measured;
    private readonly Lazy<ModelColumns> _modelColumns;

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    internal ElsaSparsifyEstimator(IHostEnvironment environment, ElsaSparsifyOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        // Fitting runs on the CPU by dense kernels, whatever scores later: so its figures do not depend on times.
        (_environment, _options) = (environment, options with { Execution = options.Execution.OnCpu() with { SparseKernels = ElsaSparseKernels.Off } });
        _scoring = options.Execution;
        _columns = options.Columns();
        _measured = _columns.Only(options.OutputColumnName);
        // What failed, such as a file that is not there yet, is tried anew.
        _modelColumns = new(
            () => ModelSignature.Of(ReadModel().Model, _columns).Columns, LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>
    /// Without training: reads the data once, chooses the masks and finds side parameters on calibration rows. With training:
    /// reads the data once more for every epoch, and trains level after level from the sparsest. Then measures the levels on
    /// held-out rows. The transformer scores with <see cref="ElsaSparsifyOptions.Level"/> and is to be disposed by
    /// the caller.
    /// </summary>
    /// <param name="input">Rows with the input columns and, if one is named, the label column.</param>
    /// <exception cref="ArgumentException">The model has no maskable weight or cannot be scored, a column is missing or
    /// does not fit, or the data has no rows.</exception>
    /// <exception cref="InvalidOperationException">The program has no native library of ONNX Runtime.</exception>
    /// <exception cref="ParentFormatException">The model is not ONNX, or is a parent already.</exception>
    /// <exception cref="NotSupportedException">An operator behind which a trained weight lies has no gradient rule, or the
    /// model's opset is too old to be trained.</exception>
    /// <exception cref="NotFiniteNumberException">Training has diverged: the loss or a weight is not finite.</exception>
    /// <exception cref="OperationCanceledException">The options' token or the ML.NET environment was cancelled.</exception>
    public ElsaTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var host = _environment.Register(nameof(ElsaSparsifyEstimator), seed: _options.Seed);
        using var channel = host.Start("Fit");
        var cancellation = Cancellation.OfFit(host, _options.Execution.CancellationToken);
        cancellation.ThrowIfRequested();

        // Now, as a provider that does not run here is better known before training than after.
        var scoring = ProviderChoice.Resolve(host, _scoring);
        var model = ReadModel();
        if (_options.Training is not null)
        {
            model = model.WithOwnStatistics();
            model = model.WithInitializers(SideParameterFinder.FindHidden(model.Model.Graph));
        }
        Log(channel, model.Report);
        using var dense = Open(host, new PlainModels(model));
        CheckOutputs(host, input, model, dense);
        var (schema, rows) = Read(input, dense, cancellation);
        cancellation.ThrowIfRequested();
        WarnOfWastedSparsity(channel, model);
        var fitted = _options.Training is null
            ? WithoutTraining(channel, model, schema, rows, cancellation)
            : Train(host, channel, model, input, dense, schema, rows, cancellation);
        WarnOfEmptyTensors(channel, fitted.Masks);
        var parent = ParentModel.Create(fitted.Model, Content(fitted.Masks, fitted.SideParameters, Description(rows, fitted)));
        parent = Measure(channel, host, parent, rows.Evaluation, cancellation);
        return new ElsaTransformer(_environment, parent, scoring, WithClassNames(input.Schema, schema), parent.Level(_options.Level).Index);
    }

    /// <summary>The input's columns, the score and other outputs. Reads the model once.</summary>
    /// <param name="inputSchema">Columns before this estimator.</param>
    /// <exception cref="ArgumentException">An input or label column is missing or of another kind, the output column
    /// exists, or the model cannot be scored.</exception>
    /// <exception cref="ParentFormatException">The model is not ONNX, or is a parent already.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        if (_options.LabelColumnName is { } label && !inputSchema.Any(column => column.Name == label))
            throw ColumnErrors.NoLabel(label, inputSchema.Select(column => column.Name));
        return ScoredSchemaShape.Of(inputSchema, _columns, _modelColumns.Value);
    }

    private void CheckOutputs(IHost host, IDataView input, MaskableModel model, LevelModel dense)
    {
        if (!TensorElements.IsFloating(dense.Signature.Output.ElementType))
            throw new ArgumentException($"The model's output {dense.Signature.Output} cannot be measured: fitting needs floating-point scores. " +
                "Choose another output as OutputColumnName.");
        if (_columns.Outputs.Count == 1) return;
        using var all = new LevelModel(new LevelSessions(host, new PlainModels(model), _options.Execution, _columns), 0);
        _ = new ScoredSchema(input.Schema, _columns, all);
    }

    /// <summary>A key as label tells the names of the classes that the score is about.</summary>
    private ScoringColumns WithClassNames(DataViewSchema source, ScoredSchema schema)
    {
        var label = _options.LabelColumnName is { } name ? source.GetColumnOrNull(name) : null;
        return label is { } column && SlotNames.OfKey(column) is { } names
            && schema.Schema[_options.OutputColumnName].Type is VectorDataViewType vector && vector.Size == names.Count
            ? _columns.WithSlotNames(_options.OutputColumnName, names) : _columns;
    }

    private MaskableModel ReadModel()
    {
        var model = _options.ModelFile is { } file
            ? MaskableModel.Read(file, _options.Maskable)
            : MaskableModel.Parse(_options.ModelBytes, _options.Maskable);
        return _options.Pixels is { } pixels ? model.With(pixels.ToFolding()) : model;
    }

    private (ScoredSchema Schema, DrawnRows Rows) Read(IDataView input, LevelModel dense, Cancellation cancellation)
    {
        DataViewSchema.Column? label = null;
        if (_options.LabelColumnName is { } name)
            label = input.Schema.GetColumnOrNull(name)
                ?? throw ColumnErrors.NoLabel(name, input.Schema.Where(column => !column.IsHidden).Select(column => column.Name));
        var schema = new ScoredSchema(input.Schema, _measured, dense);
        bool isTrainable = dense.Signature.Inputs is [{ ElementType: TensorProto.Types.DataType.Float }]
            && schema.RowInputs.Types[0] == typeof(float);
        if (_options.Training is not null && !isTrainable)
        {
            var feeds = dense.Signature.Inputs.Zip(
                schema.Inputs, (tensor, column) => $"{tensor} from '{column.Name}', which is {column.Type}");
            throw new ArgumentException("Training feeds one float input from a column of Single, but this model is fed " +
                $"{string.Join("; ", feeds)}. Leave Training out, as masks and side parameters are found for any inputs; " +
                "or convert the column to Single, cast inside the model, and make other inputs constants.");
        }
        var sampler = new RowSampler(_options, schema.RowInputs);
        return (schema, sampler.Draw(input, schema.Inputs, label, cancellation.ThrowIfRequested));
    }

    private FittedNetwork WithoutTraining(
        IChannel channel, MaskableModel model, ScoredSchema schema, DrawnRows rows, Cancellation cancellation)
    {
        var masks = _options.Masks ?? _options.Allocation.Masks(model, _options.Importance, _options.Sparsities);
        var parent = ParentModel.Create(model, Content(masks, new SideParameters(), Description(rows, null)));
        return new FittedNetwork(model, masks, SideParameters(channel, parent, schema, rows, cancellation));
    }

    private FittedNetwork Train(IHost host, IChannel channel, MaskableModel model, IDataView input, LevelModel dense, ScoredSchema schema,
        DrawnRows rows, Cancellation cancellation)
    {
        var training = new NetworkTraining(model, _options, [ParentModel.DenseName, .. _options.Sparsities.Select(ElsaLevel.NameOf)]);
        var threshold = PredictedClass.Threshold(model.Model, dense.Signature.Output.Name);
        var metric = Metric(dense.Signature.Output.Name);
        // Now, as what is wrong with held-out rows is better known before training than after.
        rows.Evaluation.RequireFinite();
        MeasuredMetric.Of(rows.Evaluation, dense.OutputSize(rows.Evaluation.Row), threshold, metric);
        var heldOut = rows.Evaluation.First(RowsMeasuredPerEpoch);
        var measurement = heldOut.Count == 0 ? null :
            new LevelMeasurement(dense, heldOut, metric, threshold, cancellation.ThrowIfRequested);
        return training.Run(
            channel, ModelSignature.Of(model.Model, _measured), input, schema.Inputs[0], rows, Measured, cancellation.ThrowIfRequested);

        (string, double)? Measured(IReadOnlyDictionary<string, byte[]> values)
        {
            if (measurement is null) return null;
            using var trained = Open(host, new PlainModels(model, model.With(values)));
            using var level = trained.At(1);
            try
            {
                return (measurement.Main, measurement.Of(level, "trained")[measurement.Main]);
            }
            catch (NotFiniteNumberException)
            {
                // It may recover; training itself looks for loss and weights that are not finite.
                return null;
            }
        }
    }

    private ParentContent Content(NestedMasks masks, SideParameters sides, ElsaFit fit) => new()
    {
        Masks = masks,
        LevelNames = [.. _options.Sparsities.Select(ElsaLevel.NameOf)],
        SideParameters = sides,
        Fit = fit,
    };

    private SideParameters SideParameters(
        IChannel channel, ParentModel parent, ScoredSchema schema, DrawnRows rows, Cancellation cancellation)
    {
        if (_options.SideParameters == ElsaSideParameters.Dense || rows.Calibration.Count == 0) return new SideParameters();
        var dense = parent.Extract(0);
        var signature = ModelSignature.Of(dense, _measured);
        HashSet<string> numbers;
        using (var session = LevelSession.Load(dense, signature, schema.RowInputs, _options.Execution))
        {
            if (session.Batching == Batching.RowByRow)
            {
                channel.Warning(MessageSensitivity.None, "Side parameters stay those of the dense model: they are " +
                    $"estimated on batches, and this model scores row by row, because {session.Reason}.");
                return new SideParameters();
            }
            numbers = Numbers(dense, signature.Output.Name, session.OutputSizes[0], rows.Evaluation);
        }
        return SideParameterEstimator.Estimate(
            parent, signature, rows.Calibration, numbers, _options.Execution, _options.Progress, cancellation.ThrowIfRequested);
    }

    /// <summary>Outputs that are numbers and not scores of classes: the measured one by its metric, others by their size.</summary>
    private HashSet<string> Numbers(ModelProto dense, string measured, int size, SampledRows heldOut)
    {
        return [.. dense.Graph.Output.Where(IsNumber).Select(output => output.Name)];

        bool IsNumber(ValueInfoProto output)
        {
            var threshold = PredictedClass.Threshold(dense, output.Name);
            return output.Name == measured
                ? MeasuredMetric.Of(heldOut, size, threshold, Metric(measured)).ScoresAreNumbers
                : threshold == 0 && output.Type?.TensorType?.Shape is { } shape && shape.Dim.Skip(1).All(dimension => dimension.DimValue == 1);
        }
    }

    private ParentModel Measure(IChannel channel, IHost host, ParentModel parent, SampledRows rows, Cancellation cancellation)
    {
        if (rows.Count == 0)
        {
            channel.Warning(MessageSensitivity.None, "No rows were held out, so the levels are not measured.");
            return parent;
        }
        using var dense = Open(host, new ParentLevels(parent));
        var output = dense.Signature.Output.Name;
        var measurement = new LevelMeasurement(
            dense, rows, Metric(output), PredictedClass.Threshold(parent.Dense, output), cancellation.ThrowIfRequested);
        var metrics = new List<IReadOnlyDictionary<string, double>>();
        foreach (var level in parent.Levels)
        {
            _options.Progress?.Report(new ElsaProgress("measure", level.Name, level.Index, parent.Levels.Count));
            using var scored = dense.At(level.Index);
            metrics.Add(measurement.Of(scored, level.Name));
            var measured = metrics[^1].Select(metric => $"{metric.Key} {metric.Value.ToString("0.####", CultureInfo.InvariantCulture)}");
            channel.Info(MessageSensitivity.None,
                $"Level {level.Name} keeps {level.KeptWeights} of {parent.Masks.WeightCount} maskable weights: {string.Join(", ", measured)}.");
        }
        return parent.WithMetrics(metrics);
    }

    private LevelModel Open(IHost host, ILevelModels models) =>
        new(new LevelSessions(host, models, _options.Execution, _measured), 0);

    /// <summary>Auto is what the loss of the scored output is about, where that says more than the label's type.</summary>
    private ElsaMetric Metric(string output)
    {
        var loss = _options.Metric != ElsaMetric.Auto ? null : _options.Training?.Losses.FirstOrDefault(candidate =>
            (candidate.OnnxOutputName ?? output) == output && (candidate.LabelColumnName ?? _options.LabelColumnName) == _options.LabelColumnName);
        return loss?.Loss is MeanSquaredErrorLoss ? ElsaMetric.MeanSquaredError
            : loss?.Loss is CrossEntropyLoss ? ElsaMetric.Accuracy : _options.Metric;
    }

    private ElsaFit Description(DrawnRows rows, FittedNetwork? fitted) => new()
    {
        Method = _options.Training is null ? "post-training" : "partial-weight-freezing",
        Importance = _options.Masks is null ? _options.Importance.Name : "masks given",
        Allocation = _options.Masks is null ? _options.Allocation.Name : "masks given",
        SideParameters = fitted is not { SideParameters.Names.Count: > 0 } ? null : _options.Training is null ? "re-estimated" : "trained",
        Training = _options.Training?.Describe(_options.Masks is not null),
        TrainingRows = _options.Training is null ? 0 : rows.TrainingRowCount,
        Seed = _options.Seed,
        CalibrationRows = _options.Training is null ? rows.Calibration.Count : 0,
        EvaluationRows = rows.Evaluation.Count,
        Versions = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["Elsa.MLNet"] = VersionOf(typeof(ElsaSparsifyEstimator)),
            ["Microsoft.ML"] = VersionOf(typeof(MLContext)),
            ["Microsoft.ML.OnnxRuntime"] = NativeRuntime.Version,
        },
    };

    /// <summary>The package's version, which ML.NET does not tell in its assembly version; what follows a '+' is the commit.</summary>
    private static string VersionOf(Type member) =>
        member.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static void Log(IChannel channel, MaskableReport report)
    {
        foreach (var tensor in report.Maskable)
            channel.Info(MessageSensitivity.None, $"Masks '{tensor.Name}' [{string.Join(',', tensor.Shape)}], weight of {tensor.OperatorType} '{tensor.NodeName}'.");
        foreach (var tensor in report.LeftDense)
            channel.Info(MessageSensitivity.None, $"Leaves '{tensor.Name}' dense ({tensor.WeightCount} weights): {tensor.Reason}.");
    }

    /// <summary>Tells which levels will not be faster on this machine, before time is spent on training them.</summary>
    private void WarnOfWastedSparsity(IChannel channel, MaskableModel model)
    {
        if (_scoring.SparseKernels == ElsaSparseKernels.Off || _options.Sparsities.Count == 0 || !Provider.Named(_scoring.Provider).IsCpu)
            return;
        if (_columns.Inputs.Count > 1)
        {
            channel.Info(MessageSensitivity.None,
                "Which levels will be faster is not known: layers are timed in models of one input.");
            return;
        }
        IReadOnlyList<ElsaLayerSpeed> speeds;
        try
        {
            speeds = new SpeedPrediction(model, _options.Masks ?? _options.Allocation.Masks(model, _options.Importance, _options.Sparsities),
                [.. _options.Sparsities.Select(ElsaLevel.NameOf)]).Run(_scoring.BatchSize, _options.Execution, SpeedBudget);
        }
        catch (ArgumentException refusal)
        {
            channel.Info(MessageSensitivity.None, $"Which levels will be faster is not known: {refusal.Message}");
            return;
        }
        var timed = speeds.Where(speed => speed.SpeedUp is not null).GroupBy(speed => speed.Level).ToList();
        foreach (var level in timed)
            channel.Info(MessageSensitivity.None, $"Level {level.Key} with {_scoring.BatchSize} rows on this machine, before training: " +
                string.Join(", ", level.Select(speed => FormattableString.Invariant($"'{speed.Layer}' {speed.SpeedUp:0.0}x"))) + ".");
        var wasted = timed.Where(level => level.All(speed => speed.IsWasted)).Select(level => level.Key).ToList();
        if (wasted.Count > 0)
            channel.Warning(MessageSensitivity.None, $"No layer of {string.Join(", ", wasted)} is expected to run faster than dense on this machine " +
                $"with {_scoring.BatchSize} rows: these levels will be smaller when compressed, not faster. Choose higher sparsities for speed.");
    }

    private void WarnOfEmptyTensors(IChannel channel, NestedMasks masks)
    {
        foreach (var name in masks.TensorNames)
            for (var level = 1; level < masks.LevelCount; level++)
                if (masks[name].KeptCount(level) == 0)
                {
                    channel.Warning(MessageSensitivity.None, $"Level {ElsaLevel.NameOf(_options.Sparsities[level - 1])} keeps no weight of '{name}', so what it computes no " +
                        "longer depends on that layer's input. Lower the sparsity, exclude the tensor, or allocate uniformly.");
                    break;
                }
    }
}
