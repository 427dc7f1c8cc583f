using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet;

/// <summary>What <see cref="ElsaSparsifyEstimator"/> fits, from which model and columns. Immutable.</summary>
public sealed record ElsaSparsifyOptions
{
    /// <summary>Column that receives the score.</summary>
    public required string OutputColumnName { get; init; }

    /// <summary>Column that is scored, of the model's row size; null (default) for the output's name. Training needs
    /// Vector&lt;Single&gt;.</summary>
    public string? InputColumnName { get; init; }

    /// <summary>
    /// Columns of several inputs, or of one with dimensions of its own; training needs one. Empty (default):
    /// <see cref="InputColumnName"/> alone.
    /// </summary>
    public IReadOnlyList<ElsaInput> Inputs { get; init; } = [];

    /// <summary>
    /// Column with the truth, for losses that need labels and for measuring the levels; null (default) measures agreement with
    /// the dense level.
    /// </summary>
    public string? LabelColumnName { get; init; }

    /// <summary>Dense ONNX model as a file. Give this or <see cref="ModelBytes"/>.</summary>
    public string? ModelFile { get; init; }

    /// <summary>Dense ONNX model in memory. Give this or <see cref="ModelFile"/>.</summary>
    public ReadOnlyMemory<byte> ModelBytes { get; init; }

    /// <summary>Name of the model's output to score with; null (default) if it has only one.</summary>
    public string? OnnxOutputName { get; init; }

    /// <summary>How pixels become the model's input; it is folded into the parent. Null (default): the column is the model's
    /// input as it is.</summary>
    public ElsaPixels? Pixels { get; init; }

    /// <summary>
    /// Columns of several outputs, of a scalar or with names of the values. The one named <see cref="OutputColumnName"/> is
    /// measured and, by default, trained. Empty (default): that one alone.
    /// </summary>
    public IReadOnlyList<ElsaOutput> Outputs { get; init; } = [];

    /// <summary>
    /// Shares of the maskable weights that the levels drop: in (0, 1), increasing. Default 0.5, 0.8, 0.9, 0.95. With training it
    /// may be empty: then the dense model alone is trained, e.g. from random weights.
    /// </summary>
    public IReadOnlyList<double> Sparsities { get; init; } = [0.5, 0.8, 0.9, 0.95];

    /// <summary>
    /// Name of the level that the fitted transformer scores with: "dense" (default), or for example
    /// <see cref="ElsaLevel.NameOf"/>(0.9). What fits and evaluates a pipeline by itself, as cross-validation and AutoML do,
    /// evaluates this level.
    /// </summary>
    public string Level { get; init; } = ParentModel.DenseName;

    /// <summary>Which tensors may be masked. Default: the weights of Conv, ConvTranspose, Gemm and MatMul.</summary>
    public MaskableSelection Maskable { get; init; } = new();

    /// <summary>The score by which weights are kept. Default <see cref="ElsaImportance.Magnitude"/>.</summary>
    public ElsaImportance Importance { get; init; } = ElsaImportance.Magnitude;

    /// <summary>How a level's sparsity is spread over the tensors. Default <see cref="ElsaAllocation.Global"/>.</summary>
    public ElsaAllocation Allocation { get; init; } = ElsaAllocation.Global;

    /// <summary>
    /// Masks of your own, one level map for every maskable tensor, with as many sparse levels as Sparsities; null (default) to
    /// choose them by importance and allocation.
    /// </summary>
    public NestedMasks? Masks { get; init; }

    /// <summary>How weights are trained while fitting; null (default) leaves them as they are in the model.</summary>
    public ElsaTraining? Training { get; init; }

    /// <summary>How the small unmasked parameters follow the masks without training; with training, see
    /// <see cref="ElsaTraining.SideParameters"/>. Default <see cref="ElsaSideParameters.ReEstimated"/>.</summary>
    public ElsaSideParameters SideParameters { get; init; } = ElsaSideParameters.ReEstimated;

    /// <summary>What is measured on the held-out rows. Default <see cref="ElsaMetric.Auto"/>.</summary>
    public ElsaMetric Metric { get; init; } = ElsaMetric.Auto;

    /// <summary>Rows from which side parameters are found, at most; drawn evenly from all rows. Default 1,000.</summary>
    public int MaximumCalibrationRows { get; init; } = 1000;

    /// <summary>Held-out rows on which levels are measured, at most; drawn evenly. Default 5,000.</summary>
    public int MaximumEvaluationRows { get; init; } = 5000;

    /// <summary>Share of the rows held out for measuring, 0 (measure nothing) to below 1. Default 0.2.</summary>
    public double HoldOutFraction { get; init; } = 0.2;

    /// <summary>Seed of the draw of rows. Default 1. The same data, options and seed give the same parent, byte for byte.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Receives progress; null (default) for none.</summary>
    public IProgress<ElsaProgress>? Progress { get; init; }

    /// <summary>How the levels are run, while fitting and when scoring; its token cancels both.</summary>
    public ElsaExecutionOptions Execution { get; init; } = new();

    /// <summary>The columns that are scored and made.</summary>
    /// <exception cref="ArgumentException">Outputs lacks the measured one, or says otherwise than OnnxOutputName; or
    /// both Inputs and InputColumnName are given.</exception>
    internal ScoringColumns Columns()
    {
        if (Inputs.Count > 0 && InputColumnName is not null)
            throw new ArgumentException("Both Inputs and InputColumnName are given; name the columns in Inputs.");
        var inputs = Inputs.Count > 0 ? Inputs : [new ElsaInput(InputColumnName ?? OutputColumnName)];
        if (Outputs.Count == 0) return new ScoringColumns([new ElsaOutput(OutputColumnName, OnnxOutputName)], inputs);
        if (OnnxOutputName is not null)
            throw new ArgumentException("Both Outputs and OnnxOutputName are given; name the model's outputs in Outputs.");
        if (!Outputs.Any(output => output.ColumnName == OutputColumnName))
            throw new ArgumentException($"Outputs has no column '{OutputColumnName}', which OutputColumnName says is measured; it has " +
                $"{string.Join(", ", Outputs.Select(output => output.ColumnName))}. Name one of them.");
        return new ScoringColumns(Outputs, inputs);
    }

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(OutputColumnName);
        ArgumentNullException.ThrowIfNull(Inputs);
        ArgumentNullException.ThrowIfNull(Outputs);
        ArgumentNullException.ThrowIfNull(Sparsities);
        ArgumentNullException.ThrowIfNull(Maskable);
        ArgumentNullException.ThrowIfNull(Importance);
        ArgumentNullException.ThrowIfNull(Allocation);
        ArgumentNullException.ThrowIfNull(Execution);
        if (ModelFile is null == ModelBytes.IsEmpty)
            throw new ArgumentException(ModelFile is null
                ? "No model is given; set ModelFile or ModelBytes." : "Both ModelFile and ModelBytes are given; set one.");
        if (ModelFile?.Length == 0)
            throw new ArgumentException("ModelFile is empty; name the dense model's .onnx file, or set ModelBytes.");
        var fewest = Training is null ? 1 : 0;
        CheckSparsities(Sparsities, fewest);
        if (Sparsities.Count == 0 && Training!.KeepDense)
            throw new ArgumentException("Sparsities is empty and KeepDense leaves the dense model as it is, so nothing would be trained. " +
                "Give a sparsity, or let the dense model train.");
        ArgumentNullException.ThrowIfNull(Level);
        string[] levels = [ParentModel.DenseName, .. Sparsities.Select(ElsaLevel.NameOf)];
        if (!levels.Contains(Level))
            throw new ArgumentException($"Level is '{Level}', which is not made; Sparsities makes {string.Join(", ", levels)}. Name one of them.");
        if (Masks is not null && Masks.LevelCount != Sparsities.Count + 1)
            throw new ArgumentException($"Masks has {Masks.LevelCount - 1} sparse levels and Sparsities {Sparsities.Count}; give one sparsity per level.");
        Training?.Check(LabelColumnName);
        if (Pixels is { Interleaved: true } && Training is { Augmentation.NeedsPlanes: true } augmented)
            throw new ArgumentException($"The augmentation '{augmented.Augmentation.Name}' is for rows [channels, height, width], and the pixels " +
                "are interleaved. Extract them with interleavePixelColors: false, or augment with a function of your own.");
        if (MaximumCalibrationRows < 1) throw new ArgumentException($"MaximumCalibrationRows is {MaximumCalibrationRows}; give at least 1.");
        if (MaximumEvaluationRows < 1) throw new ArgumentException($"MaximumEvaluationRows is {MaximumEvaluationRows}; give at least 1.");
        if (HoldOutFraction is not (>= 0 and < 1))
            throw new ArgumentException($"HoldOutFraction is {Text(HoldOutFraction)}; give 0 (measure nothing) to below 1.");
        if (Metric is ElsaMetric.Accuracy or ElsaMetric.MeanSquaredError && LabelColumnName is null)
            throw new ArgumentException($"Metric is {Metric}, which needs the truth, but LabelColumnName is not set; name the label " +
                "column, or choose ElsaMetric.Agreement.");
    }

    /// <exception cref="ArgumentException">There are too few or too many, one is out of its range, or they do not
    /// increase.</exception>
    internal static void CheckSparsities(IReadOnlyList<double> sparsities, int fewest)
    {
        if (sparsities.Count < fewest || sparsities.Count >= LevelMap.MaximumLevelCount)
            throw new ArgumentException($"{sparsities.Count} sparsities are given; allowed are {fewest} to {LevelMap.MaximumLevelCount - 1}.");
        for (var index = 0; index < sparsities.Count; index++)
        {
            if (sparsities[index] is not (> 0 and < 1))
                throw new ArgumentException($"Sparsities[{index}] is {Text(sparsities[index])}; a sparsity is the share of weights that is " +
                    "dropped and lies between 0 and 1, both excluded (the dense level is always there).");
            if (index > 0 && sparsities[index] <= sparsities[index - 1])
                throw new ArgumentException($"Sparsities[{index}] is {Text(sparsities[index])} after {Text(sparsities[index - 1])}; " +
                    "list them in increasing order, each once.");
            if (index > 0 && ElsaLevel.NameOf(sparsities[index]) == ElsaLevel.NameOf(sparsities[index - 1]))
                throw new ArgumentException($"Sparsities[{index - 1}] and [{index}] are {Text(sparsities[index - 1])} and " +
                    $"{Text(sparsities[index])}, which both name the level '{ElsaLevel.NameOf(sparsities[index])}'. Leave one out, or set " +
                    "them further apart.");
        }
    }

    private static string Text(double value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
