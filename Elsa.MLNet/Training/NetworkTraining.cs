using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Operators;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Training.Losses;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training;

/// <summary>Puts training together from a model, options and data, and brings its result into the form of a
/// parent.</summary>
internal sealed class NetworkTraining
{
    private readonly MaskableModel _model;
    private readonly ElsaSparsifyOptions _options;
    private readonly ElsaTraining _training;
    private readonly IReadOnlyList<string> _levelNames;
    private readonly IReadOnlyList<double> _sparsities;

    /// <param name="model">The dense model.</param>
    /// <param name="options">What is fitted; its Training is set.</param>
    /// <param name="levelNames">Names of the levels, dense first.</param>
    /// <exception cref="ArgumentException">A masked weight cannot be trained.</exception>
    public NetworkTraining(MaskableModel model, ElsaSparsifyOptions options, IReadOnlyList<string> levelNames)
    {
        (_model, _options, _training, _levelNames) = (model, options, options.Training!, levelNames);
        _sparsities = [0, .. options.Sparsities];
        var main = model.Model.Graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var tensor in model.Report.Maskable)
        {
            if (!main.Contains(tensor.Name))
                throw new ArgumentException($"The weight '{tensor.Name}' lies in a subgraph, which cannot be trained. Exclude it with MaskableSelection.Exclude.");
            if (tensor.ElementType != ElementTypes.Name((int)DataType.Float))
                throw new ArgumentException($"The weight '{tensor.Name}' is {tensor.ElementType}; training needs float32. Convert the model to float32, " +
                    "or exclude the weight with MaskableSelection.Exclude.");
            if (TrainingRowReader.FirstNotFinite(MemoryMarshal.Cast<byte, float>(model.Weights(tensor.Name).Span)) is { } index)
                throw ElsaImportance.WeightNotFinite(index, tensor.Name);
        }
        if (options.Masks is { } masks) CheckMasks(masks);
    }

    /// <summary>Trains.</summary>
    /// <param name="channel">ML.NET's log.</param>
    /// <param name="signature">The input that is fed and the output that is scored.</param>
    /// <param name="data">The rows.</param>
    /// <param name="input">The input column.</param>
    /// <param name="rows">What one pass over the data gave.</param>
    /// <param name="measurement">Measures a model with these initializers on held-out rows; null if none are held
    /// out.</param>
    /// <param name="cancelled">Throws if the fit was cancelled.</param>
    public FittedNetwork Run(IChannel channel, ModelSignature signature, IDataView data, DataViewSchema.Column input,
        DrawnRows rows, Func<IReadOnlyDictionary<string, byte[]>, (string, double)?> measurement, Action cancelled)
    {
        var checkpoints = new Checkpoints(_training.CheckpointDirectory, Fingerprint(rows), _levelNames);
        checkpoints.CheckFolder();
        var dimensions = rows.Calibration.Row.Dimensions[0];
        var columns = LabelColumns(data.Schema);
        var source = new TrainingSource(data, input, dimensions, columns,
            new HoldOut(_options.Seed, _options.HoldOutFraction), rows.TrainingRowCount);
        var batches = new TrainingBatches(source, _training.BatchSize, _training.ShufflePoolRows, _options.Seed,
            _training.Augmentation);
        string[] sides = [.. SideParameterFinder.Find(_model.Model.Graph, Masked.ToHashSet(StringComparer.Ordinal))
            .Where(name => !WeightFinder.Matches(_options.Maskable.Exclude, name))];
        var prepared = PreparedModel.Of(_model, [.. Masked, .. sides], signature.Input.Name,
            [batches.BatchSize, .. dimensions]);
        var losses = Losses(prepared, signature, columns);
        using var feed = new BatchFeed(signature.Input.Name, [batches.BatchSize, .. dimensions],
            [.. losses.Select(loss => (loss.Target, loss.Column, loss.Column < 0 ? "" : columns[loss.Column].Name))]);
        using var teacher = feed.Teachers.Count == 0 ? null
            : new Teacher(prepared, signature.Input.Name, feed.Input, feed.Teachers, _options.Execution);
        var report = new TrainingReport(_options.Progress, channel,
            (long)TrainedLevels * _training.Epochs * batches.StepsPerEpoch, _training.Epochs);
        using var sessions = new LevelTrainingSessions(frozen => TrainingGraph.Build(prepared, Masked, sides,
            [.. losses.Select(loss => (loss.Loss, loss.Head, loss.Target, loss.Weight))], _training, frozen,
            ElsaOperators.CanRun),
            feed.Tensors, _training, _levelNames.Count - 1, _options.Execution);

        var layout = sessions.Of(_levelNames.Count - 1).Graph;
        var network = new TrainedNetwork(_levelNames.Count, layout.Weights.Read(_model), layout.Sides.Read(_model),
            layout.Statistics.Read(_model));
        new PartialWeightFreezing(_training, _options.Seed, _levelNames, _sparsities, sessions.Of,
            new TrainingSteps(batches, feed, teacher, cancelled),
            new MaskChoice(_model.Report.Maskable, layout.Weights, _options.Importance, _options.Allocation,
            _options.Masks),
            checkpoints, report,
            (weights, sides, statistics) => measurement(Values(layout, weights, sides, statistics))).Train(network);
        return Result(layout, network);
    }

    private void CheckMasks(NestedMasks masks)
    {
        foreach (var tensor in _model.Report.Maskable)
        {
            if (!masks.TensorNames.Contains(tensor.Name))
                throw new ArgumentException($"Masks has none for the maskable weight '{tensor.Name}'. Give one for every maskable weight, or exclude " +
                    "the weight with MaskableSelection.Exclude.");
            if (!masks[tensor.Name].Shape.SequenceEqual(tensor.Shape))
                throw new ArgumentException($"The mask of '{tensor.Name}' is of shape [{string.Join(", ", masks[tensor.Name].Shape)}] and the weight of " +
                    $"[{string.Join(", ", tensor.Shape)}]. Give masks of this model.");
        }
    }

    private IReadOnlyList<string> Masked => [.. _model.Report.Maskable.Select(tensor => tensor.Name)];

    private int TrainedLevels => _levelNames.Count - (_training.KeepDense || !_training.TrainDense ? 1 : 0);

    private List<DataViewSchema.Column> LabelColumns(DataViewSchema schema)
    {
        var columns = new List<DataViewSchema.Column>();
        foreach (var name in _training.Losses.Select(loss => loss.LabelColumnName ?? _options.LabelColumnName).OfType<string>().Distinct())
            columns.Add(schema.GetColumnOrNull(name)
                ?? throw ColumnErrors.NoLabel(name,
                schema.Where(column => !column.IsHidden).Select(column => column.Name)));
        return columns;
    }

    private List<(ElsaLoss Loss, OutputHead Head, LossTarget Target, double Weight, int Column)> Losses(PreparedModel prepared,
        ModelSignature signature, List<DataViewSchema.Column> columns)
    {
        var found = new List<(ElsaLoss, OutputHead, LossTarget, double, int)>();
        foreach (var output in _training.Losses)
        {
            var name = output.OnnxOutputName ?? signature.Output.Name;
            if (!prepared.Model.Graph.Output.Any(value => value.Name == name))
                throw new ArgumentException($"The model has no output '{name}' for the loss '{output.Loss.Name}'. It has " +
                    $"{string.Join(", ", prepared.Model.Graph.Output.Select(value => $"'{value.Name}'"))}.");
            var head = OutputHead.Of(prepared.Model.Graph, prepared.Shapes, name);
            if (head.OutputShape.Type != DataType.Float)
                throw new ArgumentException($"The output '{name}' is {head.OutputShape}; losses are computed in float32. Put a Cast into the model.");
            var column = columns.FindIndex(candidate =>
                candidate.Name == (output.LabelColumnName ?? _options.LabelColumnName));
            LabelKind? kind = column < 0 ? null : LabelReader.IsClassType(columns[column].Type) ? LabelKind.Class
                : LabelKind.Values;
            found.Add((output.Loss, head, output.Loss.Target(head, kind), output.Weight, output.Loss.NeedsLabel ? column : -1));
        }
        return found;
    }

    private static Dictionary<string, byte[]> Values(TrainingGraph layout, float[] weights, float[] sides,
        float[] statistics)
    {
        var values = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (vector, numbers) in ((ParameterVector, float[])[])[(layout.Weights, weights), (layout.Sides, sides), (layout.Statistics, statistics)])
            foreach (var part in vector.Parts) values[part.Name] = ParameterVector.Bytes(part, numbers);
        return values;
    }

    private FittedNetwork Result(TrainingGraph layout, TrainedNetwork network)
    {
        var dense = _model.With(Values(layout, network.Weights, network.Sides[0], network.Statistics[0]));
        var masks = new NestedMasks(layout.Weights.Parts.Select(part => KeyValuePair.Create(part.Name,
            LevelMap.Own([.. part.Shape], part.Of(network.LevelMap).ToArray(), _levelNames.Count))));
        var sides = new SideParameters();
        foreach (var (vector, values) in ((ParameterVector, float[][])[])[(layout.Sides, network.Sides), (layout.Statistics, network.Statistics)])
            foreach (var part in vector.Parts)
                if (Enumerable.Range(1, _levelNames.Count - 1).Any(level => !Same(part.Of(values[level]), part.Of(values[0]))))
                    for (var level = 1; level < _levelNames.Count; level++)
                        sides.Set(level, part.Name, ParameterVector.Bytes(part, values[level]));
        return new FittedNetwork(dense, masks, sides);

        static bool Same(ReadOnlySpan<float> left, ReadOnlySpan<float> right) =>
            MemoryMarshal.AsBytes(left).SequenceEqual(MemoryMarshal.AsBytes(right));
    }

    /// <summary>Everything on which the trained weights depend, but for the number of threads.</summary>
    private string Fingerprint(DrawnRows rows)
    {
        var text = new StringBuilder();
        text.AppendJoin('\n', (object[])[_model.SourceSha256, .. Masked, .. _options.Maskable.Exclude, .. _sparsities.Select(value => value.ToString("R", CultureInfo.InvariantCulture)),
            _options.Importance.Name, _options.Allocation.Name, _options.Seed, _options.HoldOutFraction.ToString("R", CultureInfo.InvariantCulture),
            rows.TrainingRowCount, .. _training.Describe(_options.Masks is not null).Select(pair =>
            $"{pair.Key}={pair.Value}"), typeof(NetworkTraining).Assembly.GetName().Version!,
            .. _training.Losses.Select(loss =>
            $"{loss.OnnxOutputName}|{loss.LabelColumnName}|{loss.Loss.Identity}"), _training.TrainDense,
            _options.OnnxOutputName ?? "", _options.LabelColumnName ?? "", _options.Pixels?.Identity ?? ""]);
        var inputs = (IRowValues<float>)rows.Calibration.Inputs[0];
        for (var row = 0; row < rows.Calibration.Count; row++)
            text.Append(ContentHash.Of(MemoryMarshal.AsBytes(inputs.Row(row))));
        foreach (var label in rows.Calibration.Labels)
            text.Append(ContentHash.Of(MemoryMarshal.AsBytes(label.AsSpan())));
        if (_options.Masks is { } masks)
            foreach (var name in masks.TensorNames) text.Append(ContentHash.Of(masks[name].Levels));
        return ContentHash.Of(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
