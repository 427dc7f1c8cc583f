using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring.Cascade;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet;

/// <summary>
/// Scores rows with a sparse level, and asks a denser one only for the rows of which it is unsure. The unsure rows of a
/// batch are gathered and scored together. Made by
/// <see cref="ElsaTransformer.Cascade(IDataView, ElsaCascadeOptions?)"/>; shares its loaded levels, and is to be
/// disposed like it. Any number of threads may use it.
/// </summary>
public sealed class ElsaCascade : ITransformer, IDisposable
{
    private readonly IHost _host;
    private readonly ElsaExecutionOptions _execution;
    private readonly ScoringColumns _columns;
    private readonly string _levelUsed;
    private readonly CascadeModel _model;

    internal ElsaCascade(
        IHost host, ElsaExecutionOptions execution, ScoringColumns columns, string levelUsed, CascadeModel model,
        IReadOnlyList<ElsaLevel> levels, ElsaCascadeReport? report)
    {
        (_host, _execution, _columns, _levelUsed, _model) = (host, execution, columns, levelUsed, model);
        (Levels, Report) = (levels, report);
    }

    /// <summary>The levels in the order in which they are asked, sparsest first.</summary>
    public IReadOnlyList<ElsaLevel> Levels { get; }

    /// <summary>
    /// A level answers a row if its confidence (<see cref="ElsaConfidence"/>, log-odds) is above this.
    /// </summary>
    public double Threshold => _model.Threshold;

    /// <summary>What calibration found; null if the threshold was given.</summary>
    public ElsaCascadeReport? Report { get; }

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
        return new ScoredDataView(_host, input, Bind(input.Schema), _model, _execution);
    }

    /// <summary>
    /// Frees the loaded levels, if no other transformer uses them. What this one made can no longer be read.
    /// </summary>
    public void Dispose() => _model.Dispose();

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) =>
        new ScoredRowMapper(_host, Bind(inputSchema), _model, _execution);

    void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException(
        "An ElsaCascade cannot be saved with mlContext.Model.Save in this version. Write the parent with SaveParent " +
        "and keep Threshold; where the parent is loaded, ElsaTransformer.Cascade(threshold) makes the same cascade.");

    private ScoredSchema Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _model.ThrowIfDisposed();
        bool isTaken = inputSchema.GetColumnOrNull(_levelUsed) is not null
            || _columns.Outputs.Any(output => output.ColumnName == _levelUsed);
        if (isTaken)
        {
            throw new ArgumentException(
                $"The column '{_levelUsed}' for the level used exists already. Choose a name that is free as " +
                "LevelUsedColumnName.",
                nameof(inputSchema));
        }
        var columns = new ScoringColumns(
            [.. _columns.Outputs, new ElsaOutput(_levelUsed) { IsScalar = true }], _columns.Inputs);
        return new ScoredSchema(inputSchema, columns, _model);
    }
}
