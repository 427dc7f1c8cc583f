using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet;

/// <summary>
/// Scores rows with one level of a parent. Rows are read ahead and scored in batches; everything else about them stays
/// as it is. Copies made by <see cref="WithLevel(int)"/> share the loaded levels, which are freed with the last copy.
/// Any number of threads may use it.
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
    /// <exception cref="ArgumentException">There is no such output or provider, or the model cannot be scored.</exception>
    internal ElsaTransformer(
        IHostEnvironment environment, ParentModel parent, ElsaExecutionOptions execution, ScoringColumns columns, int level)
        : this(environment, new ParentLevels(parent), execution, columns, level,
            [.. parent.Levels.Select(l => l.Name)]) => _parent = parent;

    private ElsaTransformer(ElsaTransformer original, int level)
    {
        _parent = original._parent;
        _host = original._host;
        _execution = original._execution;
        _columns = original._columns;
        _levelNames = original._levelNames;
        _model = original._model.At(Checked(level));
    }

    /// <summary>Index of the level that scores: 0 is dense, higher is sparser.</summary>
    public int Level => _model.Level;

    /// <summary>The levels of the parent, dense first and sparsest last.</summary>
    public IReadOnlyList<ElsaLevel> Levels => Parent.Levels;

    /// <summary>The parent: every level, its masks and how it was made.</summary>
    public ParentModel Parent => _parent
        ?? throw new InvalidOperationException("This transformer was made of separate models and has no parent.");

    /// <summary>Always true: every row is scored by itself.</summary>
    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>
    /// A transformer like this one that scores with another level. It shares the loaded levels with this one, and is to
    /// be disposed like it. The level is loaded when its first row is scored.
    /// </summary>
    /// <param name="level">Index of the level, from 0 (dense).</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public ElsaTransformer WithLevel(int level) => new(this, level);

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
    /// Single of known size.
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

    void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException(
        "An ElsaTransformer cannot be saved with mlContext.Model.Save in this version. Write the parent with " +
        "SaveParent, and score it elsewhere with mlContext.Transforms.ApplyElsaModel.");

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
