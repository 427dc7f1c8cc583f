using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet;

/// <summary>
/// Puts a parent that is already fitted into a pipeline. Fitting trains nothing; it checks the columns.
/// </summary>
public sealed class ElsaScoringEstimator : IEstimator<ElsaTransformer>
{
    private readonly Func<ElsaTransformer> _make;
    private readonly ScoringColumns _columns;
    private readonly Lazy<ModelColumns> _model;
    private readonly ElsaLevelPolicy? _policy;

    internal ElsaScoringEstimator(
        IHostEnvironment environment, ParentModel parent, ElsaExecutionOptions execution, ScoringColumns columns, int level,
        ElsaLevelPolicy? policy = null)
    {
        _columns = columns;
        _policy = policy;
        _make = () => new ElsaTransformer(environment, parent, execution, columns, level);
        _model = new Lazy<ModelColumns>(() => ModelSignature.Of(parent.Dense, columns).Columns);
    }

    /// <summary>
    /// Checks the columns and gives the transformer, which the caller disposes. Reads no rows. A policy chooses its
    /// level here; where it asks what levels cost and this machine does not know yet, they are measured.
    /// </summary>
    /// <param name="input">Data of the schema that will be scored.</param>
    /// <exception cref="ArgumentException">The input column is missing or does not fit the model, or the output column
    /// exists.</exception>
    /// <exception cref="InvalidOperationException">The policy finds no level admissible and does not fall back; or the
    /// program has no native library of ONNX Runtime.</exception>
    public ElsaTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = _make();
        try
        {
            transformer.GetOutputSchema(input.Schema);
            if (_policy is null)
                return transformer;
            var chosen = transformer.WithLevel(_policy, input.Schema);
            transformer.Dispose();
            return chosen;
        }
        catch
        {
            transformer.Dispose();
            throw;
        }
    }

    /// <summary>The input's columns and those of the model's outputs. Opens no session.</summary>
    /// <param name="inputSchema">Columns before this estimator.</param>
    /// <exception cref="ArgumentException">The input column is missing or of another kind, or the output column
    /// exists.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return ScoredSchemaShape.Of(inputSchema, _columns, _model.Value);
    }
}
