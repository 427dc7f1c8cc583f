using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Saving;
using Elsa.MLNet.Scoring.Cascade;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet;

/// <summary>
/// Scores rows with a sparse level, and asks a denser one only for the rows of which it is unsure. The unsure rows of a
/// batch are gathered and scored together. Made by <see cref="ElsaTransformer.WithLevel(ElsaCascadePolicy)"/>; shares its
/// loaded levels, and is to be disposed like it. <c>mlContext.Model.Save</c> keeps the parent, the levels it asks and the
/// threshold, but not <see cref="Report"/>. Any number of threads may use it.
/// </summary>
public sealed class ElsaCascade : ITransformer, IDisposable
{
    private readonly IHost _host;
    private readonly ElsaTransformer _first;
    private readonly ElsaCascadeOptions _options;
    private readonly CascadeModel _model;

    /// <param name="host">Where messages go and cancellation comes from.</param>
    /// <param name="first">Scores with the first level; belongs to this cascade.</param>
    /// <param name="options">What it was made with.</param>
    /// <param name="model">The levels as one; belongs to this cascade.</param>
    /// <param name="levels">The levels.</param>
    /// <param name="report">What calibration found, or null.</param>
    internal ElsaCascade(
        IHost host, ElsaTransformer first, ElsaCascadeOptions options, CascadeModel model,
        IReadOnlyList<ElsaLevel> levels, ElsaCascadeReport? report)
    {
        (_host, _first, _options, _model) = (host, first, options, model);
        (Levels, Report) = (levels, report);
    }

    /// <summary>The levels in the order in which they are asked, sparsest first.</summary>
    public IReadOnlyList<ElsaLevel> Levels { get; }

    /// <summary>
    /// A level answers a row if its confidence (<see cref="ElsaConfidence"/>, log-odds) is above this.
    /// </summary>
    public double Threshold => _model.Threshold;

    /// <summary>What calibration found; null if the threshold was given, or loaded.</summary>
    public ElsaCascadeReport? Report { get; }

    /// <summary>
    /// A cascade like this one that is executed otherwise, for example with other threads; use it after
    /// <c>mlContext.Model.Load</c>, which takes the defaults. It loads its levels anew, and is to be disposed like this
    /// one.
    /// </summary>
    /// <param name="execution">Batch size, threads, provider and cancellation.</param>
    /// <exception cref="ArgumentException">The provider is not available.</exception>
    /// <exception cref="ObjectDisposedException">This cascade was disposed.</exception>
    public ElsaCascade WithExecution(ElsaExecutionOptions execution)
    {
        using var first = _first.WithExecution(execution);
        return first.WithLevel(ElsaLevelPolicy.Cascade(Threshold, _options));
    }

    /// <summary>Always true: every row is scored by itself.</summary>
    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>
    /// The schema of scored data: the input's columns, the score, and at the end the level used, an Int32.
    /// </summary>
    /// <param name="inputSchema">Schema of the data to score.</param>
    /// <exception cref="ArgumentException">The input column is missing or does not fit the model, or an output column
    /// exists.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).Schema;

    /// <summary>
    /// The rows with their scores and levels. The schema is checked now; rows are read and scored while the result is
    /// read.
    /// </summary>
    /// <param name="input">Rows to score.</param>
    /// <exception cref="ArgumentException">The input column is missing or does not fit the model, or an output column
    /// exists.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredDataView(_host, input, Bind(input.Schema), _model, _first.ExecutionOptions);
    }

    /// <summary>
    /// Frees the loaded levels, if no other transformer uses them. What this one made can no longer be read.
    /// </summary>
    public void Dispose()
    {
        _model.Dispose();
        _first.Dispose();
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) =>
        new ScoredRowMapper(_host, Bind(inputSchema), _model, _first.ExecutionOptions);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        _model.ThrowIfDisposed();
        ModelFile.Write(ctx, new SavedTransformer(_first, new SavedSettings.Cascading
        {
            Levels = [.. Levels.Select(level => level.Name)],
            Threshold = Threshold,
            Confidence = _options.Confidence,
            Scores = _options.Scores,
            LevelUsedColumn = _options.LevelUsedColumnName,
        }));
    }

    private ScoredSchema Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _model.ThrowIfDisposed();
        string levelUsed = _options.LevelUsedColumnName;
        bool isTaken = inputSchema.GetColumnOrNull(levelUsed) is not null
            || _first.Columns.Outputs.Any(output => output.ColumnName == levelUsed);
        if (isTaken)
        {
            throw new ArgumentException(
                $"The column '{levelUsed}' for the level used exists already. Choose a name that is free as " +
                "LevelUsedColumnName.",
                nameof(inputSchema));
        }
        var columns = new ScoringColumns(
            [.. _first.Columns.Outputs, new ElsaOutput(levelUsed) { IsScalar = true }], _first.Columns.Inputs);
        return new ScoredSchema(inputSchema, columns, _model);
    }
}
