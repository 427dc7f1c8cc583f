using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Saving;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Cascade;
using Elsa.MLNet.Scoring.Policy;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet;

/// <summary>
/// Scores rows with one level of a parent. Rows are read ahead and scored in batches; everything else about them stays
/// as it is. Copies made by <see cref="WithLevel(int)"/> share the loaded levels, which are freed with the last copy.
/// <c>mlContext.Model.Save</c> keeps every level, the level that scores, and the columns; how levels are executed is a
/// matter of the machine, and is set anew after <c>mlContext.Model.Load</c>. Any number of threads may use it.
/// </summary>
public sealed class ElsaTransformer : ITransformer, IDisposable
{
    private readonly IHost _host;
    private readonly ElsaExecutionOptions _execution;
    private readonly ScoringColumns _columns;
    private readonly IReadOnlyList<string> _levelNames;
    private readonly LevelModel _model;
    private readonly ParentModel? _parent;

    /// <param name="environment">Where messages go and cancellation comes from.</param>
    /// <param name="models">The levels.</param>
    /// <param name="execution">How they are run.</param>
    /// <param name="columns">Columns to score and to write.</param>
    /// <param name="level">Index of the level to score with.</param>
    /// <param name="levelNames">A name for every level.</param>
    /// <exception cref="ArgumentException">There is no such level, input, output or provider, or the model cannot be
    /// scored.</exception>
    internal ElsaTransformer(
        IHostEnvironment environment, ILevelModels models, ElsaExecutionOptions execution, ScoringColumns columns,
        int level, IReadOnlyList<string> levelNames)
    {
        if (levelNames.Count != models.LevelCount)
        {
            throw new ArgumentException(
                $"There are {models.LevelCount} levels but {levelNames.Count} names. Name every level once.",
                nameof(levelNames));
        }
        // With a seed of its own the host draws no random number from the environment, so other components get the
        // same ones with and without us.
        _host = environment.Register(nameof(ElsaTransformer), seed: 0);
        _execution = execution;
        _columns = columns;
        _levelNames = levelNames;
        int checkedLevel = Checked(level);
        var sessions = new LevelSessions(_host, models, execution, columns);
        _model = new LevelModel(sessions, checkedLevel);
    }

    /// <summary>Scores with a level of a parent.</summary>
    /// <exception cref="ArgumentException">There is no such input, output or provider, or the model cannot be
    /// scored.</exception>
    internal ElsaTransformer(
        IHostEnvironment environment, ParentModel parent, ElsaExecutionOptions execution, ScoringColumns columns, int level)
        : this(environment, new ParentLevels(parent), execution, columns, level,
            [.. parent.Levels.Select(l => l.Name)]) => _parent = parent;

    private ElsaTransformer(
        ElsaTransformer original, LevelModel model, ElsaExecutionOptions execution, ElsaSaveFormat saveFormat,
        ElsaLevelChoice? choice = null)
    {
        Choice = choice;
        _parent = original._parent;
        _host = original._host;
        _columns = original._columns;
        _levelNames = original._levelNames;
        _execution = execution;
        _model = model;
        SaveFormat = saveFormat;
    }

    /// <summary>Index of the level that scores: 0 is dense, higher is sparser.</summary>
    public int Level => _model.Level;

    /// <summary>
    /// Short name of the execution provider that scores: the one that was asked for, or "CPU" if it does not run in
    /// this process and <see cref="ElsaExecutionOptions.FallbackToCpu"/> is set. An operator that a provider does not
    /// have runs on the CPU within it.
    /// </summary>
    public string ActiveProvider => _model.Provider;

    /// <summary>
    /// How each masked layer of the level runs for full batches, or for as many rows as were scored last; empty for the dense
    /// level, on other providers than the CPU, and until the level has scored rows.
    /// </summary>
    public IReadOnlyList<ElsaLayerExecution> Execution => _model.Layers;

    /// <summary>
    /// How the policy came to this level; null if the level was named by its name or index.
    /// </summary>
    public ElsaLevelChoice? Choice { get; }

    /// <summary>The levels of the parent, dense first and sparsest last.</summary>
    public IReadOnlyList<ElsaLevel> Levels => Parent.Levels;

    /// <summary>The parent: every level, its masks and how it was made.</summary>
    public ParentModel Parent => _parent
        ?? throw new InvalidOperationException("This transformer was made of separate models and has no parent.");

    /// <summary>What <c>mlContext.Model.Save</c> writes; <see cref="ElsaSaveFormat.Native"/> unless changed.</summary>
    public ElsaSaveFormat SaveFormat { get; }

    internal ScoringColumns Columns => _columns;

    internal ModelSignature Signature => _model.Signature;

    internal string OutputColumnName => _columns.Outputs[0].ColumnName;

    internal string OnnxOutputName => _model.Signature.Output.Name;

    internal ElsaExecutionOptions ExecutionOptions => _execution;

    internal void ThrowIfDisposed() => _model.ThrowIfDisposed();

    /// <summary>Always true: every row is scored by itself.</summary>
    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>
    /// A transformer like this one that scores with another level. It shares the loaded levels with this one, and is to
    /// be disposed like it. The level is loaded when its first row is scored.
    /// </summary>
    /// <param name="level">Index of the level, from 0 (dense).</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public ElsaTransformer WithLevel(int level) => new(this, _model.At(Checked(level)), _execution, SaveFormat);

    /// <summary>As <see cref="WithLevel(int)"/>, by the level's name, for example "dense" or "s90".</summary>
    /// <param name="name">Name of the level; upper and lower case differ.</param>
    /// <exception cref="ArgumentException">There is no such level.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public ElsaTransformer WithLevel(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        for (int level = 0; level < _levelNames.Count; level++)
        {
            if (_levelNames[level] == name)
                return WithLevel(level);
        }
        throw new ArgumentException(
            $"There is no level '{name}'. The levels are {string.Join(", ", _levelNames)}.", nameof(name));
    }

    /// <summary>
    /// A transformer like this one that is executed otherwise, for example with other threads; use it after
    /// <c>mlContext.Model.Load</c>, which takes the defaults. It shares the parent with this one, but loads its levels
    /// anew, and is to be disposed like it.
    /// </summary>
    /// <param name="execution">Batch size, threads, provider and cancellation.</param>
    /// <exception cref="ArgumentException">The provider is not available.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public ElsaTransformer WithExecution(ElsaExecutionOptions execution)
    {
        ArgumentNullException.ThrowIfNull(execution);
        return new(this, _model.With(execution), execution, SaveFormat);
    }

    /// <summary>
    /// A transformer like this one that <c>mlContext.Model.Save</c> writes in another format. It shares the loaded
    /// levels with this one, and is to be disposed like it.
    /// </summary>
    /// <param name="format">The format.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such format.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public ElsaTransformer WithSaveFormat(ElsaSaveFormat format) => Enum.IsDefined(format)
        ? new(this, _model.At(Level), _execution, format, Choice)
        : throw new ArgumentOutOfRangeException(
            nameof(format), format, $"There is no format {format}. Choose Native or Portable.");

    /// <summary>
    /// As <see cref="WithLevel(int)"/>, with the level that a policy chooses. Where the policy asks what levels cost
    /// and this machine does not know yet, they are measured now, about half a second per level.
    /// </summary>
    /// <param name="policy">The rule.</param>
    /// <param name="inputSchema">Schema of the data that will be scored; needed only for costs of a model that leaves
    /// the size of a row open. The default value is null.</param>
    /// <exception cref="ArgumentException">The policy names a level that does not exist, or the size of a row is
    /// unknown.</exception>
    /// <exception cref="InvalidOperationException">No level is admissible, and the policy does not fall back; the
    /// message tells what was measured. Or there is no parent.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public ElsaTransformer WithLevel(ElsaLevelPolicy policy, DataViewSchema? inputSchema = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        _model.ThrowIfDisposed();
        var inputs = inputSchema is null ? _model.Signature.Declared : Bind(inputSchema).RowInputs;
        if (inputs is null && policy.NeedsCosts)
        {
            throw new ArgumentException(
                $"The model's input {string.Join("; ", _model.Signature.Inputs)} leaves the size of a row open. Give the " +
                "schema of the data that will be scored, so that levels are measured with rows of its size.",
                nameof(inputSchema));
        }
        return WithLevel(policy, new CachedCosts(_host, _model, Parent, inputs));
    }

    /// <summary>With costs that are told.</summary>
    internal ElsaTransformer WithLevel(ElsaLevelPolicy policy, ILevelCosts costs)
    {
        var choice = LevelChooser.Choose(policy, Levels, costs);
        using (var channel = _host.Start("Choose level"))
        {
            if (choice.IsFallback)
                channel.Warning(MessageSensitivity.None, choice.ToString());
            else
                channel.Info(MessageSensitivity.None, choice.ToString());
        }
        return new ElsaTransformer(this, _model.At(choice.Level.Index), _execution, SaveFormat, choice);
    }

    /// <summary>
    /// A transformer that scores every row with a sparse level and asks a denser one only for rows of which the sparse
    /// one is unsure. It shares the loaded levels with this one, and is to be disposed like it.
    /// </summary>
    /// <param name="policy">From <see cref="ElsaLevelPolicy.Cascade(IDataView, ElsaCascadeOptions?)"/>; with held-out
    /// rows, they are scored now.</param>
    /// <exception cref="ArgumentException">A level is unknown, levels are not in order, a column is missing or unfit, a
    /// label is no class, or the rows are too few to prove anything.</exception>
    /// <exception cref="InvalidOperationException">There is no parent.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public ElsaCascade WithLevel(ElsaCascadePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var options = policy.Options;
        var order = CascadeOrder.Of(Parent, options.Levels);
        bool areProbabilities = options.Scores == ElsaScoreKind.Auto
            ? ScoreKinds.AreProbabilities(Parent.Extract(0).Graph, _model.Signature.Output.Name)
            : options.Scores == ElsaScoreKind.Probabilities;
        var confidence = new RowConfidence(options.Confidence, areProbabilities);
        _model.ThrowIfDisposed();
        var levels = new List<LevelModel>();
        try
        {
            // One by one, so that none is left if another thread disposes this transformer in between.
            foreach (var level in order)
                levels.Add(_model.At(level.Index));
            var report = policy.HeldOut is { } heldOut ? Calibrate(levels, confidence, options, heldOut) : null;
            var model = new CascadeModel(levels, confidence, report?.Threshold ?? policy.Threshold);
            return new ElsaCascade(_host, WithLevel(order[0].Index), options, model, order, report);
        }
        catch
        {
            foreach (var level in levels)
                level.Dispose();
            throw;
        }
    }

    private ElsaCascadeReport Calibrate(
        IReadOnlyList<LevelModel> levels, RowConfidence confidence, ElsaCascadeOptions options, IDataView heldOut)
    {
        var cancellation = new Cancellation(_host, _execution.CancellationToken);
        var report = new CascadeCalibration(levels, confidence, options, cancellation.ThrowIfRequested)
            .Run(heldOut, _columns, Parent);
        using var channel = _host.Start("Calibrate cascade");
        channel.Info(MessageSensitivity.None, report.ToString());
        return report;
    }

    /// <summary>Writes the parent, one file with every level, completely or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overwrite">Whether an existing file is replaced. The default value is false.</param>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public void SaveParent(string path, bool overwrite = false) => Parent.Write(path, overwrite);

    /// <summary>Writes the level that scores as a plain ONNX file, completely or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overwrite">Whether an existing file is replaced. The default value is false.</param>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public void ExportOnnx(string path, bool overwrite = false) => Parent.WriteLevel(Level, path, overwrite);

    /// <summary>
    /// The schema of scored data: the input's columns and those of the model's outputs; by default one, a vector of
    /// Single of known size. Loads the level where the model does not declare the size of an output; else opens no
    /// session.
    /// </summary>
    /// <param name="inputSchema">Schema of the data to score.</param>
    /// <exception cref="ArgumentException">The input column is missing or does not fit the model, or the output column
    /// exists.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).Schema;

    /// <summary>
    /// The rows with their scores. The schema is checked now; rows are read and scored while the result is read.
    /// </summary>
    /// <param name="input">Rows to score.</param>
    /// <exception cref="ArgumentException">The input column is missing or does not fit the model, or the output column
    /// exists.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredDataView(_host, input, Bind(input.Schema), _model, _execution);
    }

    /// <summary>
    /// Frees the loaded levels, if no copy uses them. What this transformer made can no longer be read.
    /// </summary>
    public void Dispose() => _model.Dispose();

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) =>
        new ScoredRowMapper(_host, Bind(inputSchema), _model, _execution);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        _model.ThrowIfDisposed();
        if (SaveFormat == ElsaSaveFormat.Native)
            ModelFile.Write(ctx, new SavedTransformer(this));
        else
            ModelFile.WriteStock(ctx, PortableModel.Of(Parent.Extract(Level), Signature, _columns));
    }

    private ScoredSchema Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _model.ThrowIfDisposed();
        return new ScoredSchema(inputSchema, _columns, _model);
    }

    private int Checked(int level) => level >= 0 && level < _levelNames.Count
        ? level
        : throw new ArgumentOutOfRangeException(
            nameof(level),
            level,
            $"There is no level {level}. The levels are " +
            $"{string.Join(", ", _levelNames.Select((name, index) => $"{index} ({name})"))}.");
}
