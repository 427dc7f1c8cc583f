using Elsa.MLNet;
using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>The doors of Elsa.MLNet in ML.NET's catalogs.</summary>
public static class ElsaCatalog
{
    /// <summary>Fits nested masks onto a dense ONNX model, and scores with any of its levels.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Column that receives the score.</param>
    /// <param name="inputColumnName">Column that is scored; null for the output's name.</param>
    /// <param name="modelFile">The dense ONNX model.</param>
    /// <param name="sparsities">Shares of the maskable weights that the levels drop; null for 0.5, 0.8, 0.9, 0.95.</param>
    /// <param name="labelColumnName">Column with the truth, for measuring; null measures agreement with the dense level.</param>
    /// <exception cref="ArgumentException">A sparsity is not in (0, 1) or they do not increase.</exception>
    public static ElsaSparsifyEstimator ElsaSparsify(this TransformsCatalog catalog, string outputColumnName, string? inputColumnName,
        string modelFile, IReadOnlyList<double>? sparsities = null, string? labelColumnName = null)
    {
        var options = new ElsaSparsifyOptions
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            LabelColumnName = labelColumnName,
            ModelFile = modelFile,
        };
        return catalog.ElsaSparsify(sparsities is null ? options : options with { Sparsities = sparsities });
    }

    /// <summary>Fits nested masks onto a dense ONNX model, and scores with any of its levels.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="options">Model, columns and levels.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static ElsaSparsifyEstimator ElsaSparsify(this TransformsCatalog catalog, ElsaSparsifyOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new ElsaSparsifyEstimator(MLNetInternals.EnvironmentOf(catalog), options);
    }

    /// <summary>Appends <see cref="ElsaSparsify(TransformsCatalog, ElsaSparsifyOptions)"/> to a pipeline.</summary>
    /// <param name="start">The pipeline so far.</param>
    /// <param name="environment">The MLContext.</param>
    /// <param name="options">Model, columns and levels.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static EstimatorChain<ElsaTransformer> AppendElsaSparsify(this IEstimator<ITransformer> start, IHostEnvironment environment,
        ElsaSparsifyOptions options) => start.Append(new ElsaSparsifyEstimator(environment, options));

    /// <summary>Scores with a level of a parent file.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Column that receives the score.</param>
    /// <param name="inputColumnName">Column that is scored; null for the output's name.</param>
    /// <param name="parentFile">The parent.</param>
    /// <param name="level">Name of the level, for example s90. The default value is dense.</param>
    /// <param name="execution">How the level is run; null for the defaults.</param>
    /// <param name="onnxOutputName">Name of the model's output to score with; null if it has only one.</param>
    /// <exception cref="ArgumentException">There is no such level.</exception>
    /// <exception cref="ParentFormatException">The file is not a parent, is damaged or was changed.</exception>
    public static ElsaScoringEstimator ApplyElsaModel(this TransformsCatalog catalog, string outputColumnName, string? inputColumnName,
        string parentFile, string level = ParentModel.DenseName, ElsaExecutionOptions? execution = null, string? onnxOutputName = null) =>
        catalog.ApplyElsaModel(outputColumnName, inputColumnName, ParentModel.Read(parentFile), level, execution, onnxOutputName);

    /// <summary>Scores with a level of a parent that was read already; several estimators may share it.</summary>
    /// <inheritdoc cref="ApplyElsaModel(TransformsCatalog, string, string?, string, string, ElsaExecutionOptions?, string?)"/>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Column that receives the score.</param>
    /// <param name="inputColumnName">Column that is scored; null for the output's name.</param>
    /// <param name="parent">The parent.</param>
    /// <param name="level">Name of the level, for example s90. The default value is dense.</param>
    /// <param name="execution">How the level is run; null for the defaults.</param>
    /// <param name="onnxOutputName">Name of the model's output to score with; null if it has only one.</param>
    public static ElsaScoringEstimator ApplyElsaModel(this TransformsCatalog catalog, string outputColumnName, string? inputColumnName,
        ParentModel parent, string level = ParentModel.DenseName, ElsaExecutionOptions? execution = null, string? onnxOutputName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(parent);
        return new ElsaScoringEstimator(MLNetInternals.EnvironmentOf(catalog), parent, execution ?? new ElsaExecutionOptions(),
            new ScoringColumns(outputColumnName, inputColumnName, onnxOutputName), parent.Level(level).Index);
    }

    /// <summary>Scores with a level of a parent, from any columns and into any.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="options">Parent, level and columns.</param>
    /// <exception cref="ArgumentException">There is no such level, not one parent is given, or the columns are none or
    /// named twice.</exception>
    /// <exception cref="ParentFormatException">The file is not a parent, is damaged or was changed.</exception>
    public static ElsaScoringEstimator ApplyElsaModel(this TransformsCatalog catalog, ElsaScoringOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.Execution);
        var columns = new ScoringColumns(options.Outputs, options.Inputs);
        var parent = options.Read();
        return new ElsaScoringEstimator(MLNetInternals.EnvironmentOf(catalog), parent, options.Execution, columns,
            parent.Level(options.Level).Index);
    }

    /// <summary>Scores with the level of a parent file that a policy chooses when the estimator is fitted.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Column that receives the score.</param>
    /// <param name="inputColumnName">Column that is scored; null for the output's name.</param>
    /// <param name="parentFile">The parent.</param>
    /// <param name="policy">The rule.</param>
    /// <param name="execution">How the level is run; null for the defaults.</param>
    /// <param name="onnxOutputName">Name of the model's output to score with; null if it has only one.</param>
    /// <exception cref="ParentFormatException">The file is not a parent, is damaged or was changed.</exception>
    public static ElsaScoringEstimator ApplyElsaModel(this TransformsCatalog catalog, string outputColumnName, string? inputColumnName,
        string parentFile, ElsaLevelPolicy policy, ElsaExecutionOptions? execution = null, string? onnxOutputName = null) =>
        catalog.ApplyElsaModel(outputColumnName, inputColumnName, ParentModel.Read(parentFile), policy, execution, onnxOutputName);

    /// <summary>Scores with the level that a policy chooses, of a parent that was read already.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Column that receives the score.</param>
    /// <param name="inputColumnName">Column that is scored; null for the output's name.</param>
    /// <param name="parent">The parent.</param>
    /// <param name="policy">The rule.</param>
    /// <param name="execution">How the level is run; null for the defaults.</param>
    /// <param name="onnxOutputName">Name of the model's output to score with; null if it has only one.</param>
    public static ElsaScoringEstimator ApplyElsaModel(this TransformsCatalog catalog, string outputColumnName, string? inputColumnName,
        ParentModel parent, ElsaLevelPolicy policy, ElsaExecutionOptions? execution = null, string? onnxOutputName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(policy);
        return new ElsaScoringEstimator(MLNetInternals.EnvironmentOf(catalog), parent, execution ?? new ElsaExecutionOptions(),
            new ScoringColumns(outputColumnName, inputColumnName, onnxOutputName), 0, policy);
    }
}
