using System.Globalization;

namespace Elsa.MLNet;

/// <summary>
/// How weights are trained while fitting, by partial weight freezing (ELSA, arXiv 2312.06872): the sparsest level is
/// trained first and frozen; every following level gets more weights and trains only those, up to the dense level.
/// Immutable.
/// </summary>
public sealed record ElsaTraining
{
    /// <summary>What is minimised. Default <see cref="ElsaLoss.Distillation"/>, which needs no labels.</summary>
    public ElsaLoss Loss { get; init; } = ElsaLoss.Distillation();

    /// <summary>
    /// Losses of several outputs, or several of one output, which add up with their weights; empty (default) for
    /// <see cref="Loss"/> of the scored output alone.
    /// </summary>
    public IReadOnlyList<ElsaOutputLoss> OutputLosses { get; init; } = [];

    /// <summary>How a gradient becomes a step. Default SGD with momentum 0.9 and weight decay 0.0005.</summary>
    public ElsaOptimizer Optimizer { get; init; } = ElsaOptimizer.Sgd();

    /// <summary>Learning rate over the steps of a level. Default: cosine from 0.02 to 0.</summary>
    public ElsaLearningRate LearningRate { get; init; } = ElsaLearningRate.Cosine(0.02);

    /// <summary>How a level's mask is reached while it trains. Default <see cref="ElsaSparsifier.Gradual"/>.</summary>
    public ElsaSparsifier Sparsifier { get; init; } = ElsaSparsifier.Gradual();

    /// <summary>
    /// Largest 2-norm of the gradient over all trained weights and side parameters; a larger one is scaled down to it.
    /// Null (default) for no limit.
    /// </summary>
    public double? MaximumGradientNorm { get; init; }

    /// <summary>Passes over the training rows for each level. Default 2.</summary>
    public int Epochs { get; init; } = 2;

    /// <summary>Rows of one step. Default 64.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>
    /// Rows held in memory for shuffling: each step draws from this pool at random, and the data refills it. Fewer are
    /// held where they would take more than 1 GiB. Default 16,384. With at least as many as there are rows the shuffle
    /// is uniform.
    /// </summary>
    public int ShufflePoolRows { get; init; } = 16384;

    /// <summary>Random changes of rows, drawn anew in each epoch. Default none.</summary>
    public ElsaAugmentation Augmentation { get; init; } = ElsaAugmentation.None;

    /// <summary>From which values weights start that a level gets back. Default their values in the original
    /// model.</summary>
    public ElsaReturningWeights ReturningWeights { get; init; } = ElsaReturningWeights.Original;

    /// <summary>Which side parameters differ per level. Default all.</summary>
    public ElsaTrainedSideParameters SideParameters { get; init; } = ElsaTrainedSideParameters.PerLevel;

    /// <summary>
    /// Whether the dense level stays the original model, bit for bit. All weights are then those of the original model,
    /// and only masks and the side parameters of the sparse levels are fitted. The default value is false.
    /// </summary>
    public bool KeepDense { get; init; }

    /// <summary>
    /// Folder for one checkpoint per finished level; null (default) for none. A later fit with the same data, model,
    /// options and seed goes on behind the last one.
    /// </summary>
    public string? CheckpointDirectory { get; init; }

    /// <summary>Whether the dense level is trained too; if not, fitting ends behind the densest sparse level.</summary>
    internal bool TrainDense { get; init; } = true;

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    internal void Check(string? labelColumn)
    {
        ArgumentNullException.ThrowIfNull(Loss);
        ArgumentNullException.ThrowIfNull(OutputLosses);
        ArgumentNullException.ThrowIfNull(Optimizer);
        ArgumentNullException.ThrowIfNull(LearningRate);
        ArgumentNullException.ThrowIfNull(Sparsifier);
        ArgumentNullException.ThrowIfNull(Augmentation);
        if (CheckpointDirectory is not null && string.IsNullOrWhiteSpace(CheckpointDirectory))
            throw new ArgumentException("CheckpointDirectory is empty; name a folder, or give null for no checkpoints.");
        if (Epochs < 1) throw new ArgumentException($"Epochs is {Epochs}; give at least 1.");
        if (BatchSize < 1) throw new ArgumentException($"BatchSize is {BatchSize} rows; give at least 1.");
        if (ShufflePoolRows < 1) throw new ArgumentException($"ShufflePoolRows is {ShufflePoolRows}; give at least 1.");
        if (MaximumGradientNorm is { } norm && !(norm > 0 && double.IsFinite(norm)))
            throw new ArgumentException($"MaximumGradientNorm is {norm.ToString(CultureInfo.InvariantCulture)}; give a finite number " +
                "above 0, or null for no limit.");
        foreach (var output in Losses)
        {
            if (output?.Loss is null)
                throw new ArgumentException("OutputLosses has an entry without a loss; give every entry one.");
            if (!(output.Weight > 0 && double.IsFinite(output.Weight)))
                throw new ArgumentException($"The weight of a loss is {output.Weight.ToString(CultureInfo.InvariantCulture)}; give a " +
                    "finite number above 0.");
            if (output.Loss.NeedsLabel && (output.LabelColumnName ?? labelColumn) is null)
                throw new ArgumentException($"The loss '{output.Loss.Name}' needs labels, but LabelColumnName is not set; name the " +
                    "label column, or choose ElsaLoss.Distillation, which needs none.");
        }
    }

    /// <summary>The losses of all outputs.</summary>
    internal IReadOnlyList<ElsaOutputLoss> Losses => OutputLosses.Count > 0 ? OutputLosses
        : [new ElsaOutputLoss { Loss = Loss }];

    /// <summary>How weights are trained, for the manifest.</summary>
    internal SortedDictionary<string, string> Describe(bool masksGiven) => new(StringComparer.Ordinal)
    {
        ["loss"] = string.Join(" + ", Losses.Select(loss => loss.Weight == 1 ? loss.Loss.Name
            : string.Create(CultureInfo.InvariantCulture, $"{loss.Weight} x {loss.Loss.Name}"))),
        ["optimizer"] = Optimizer.Name,
        ["learningRate"] = LearningRate.Name,
        ["sparsifier"] = masksGiven ? "masks given" : Sparsifier.Name,
        ["epochs"] = Epochs.ToString(CultureInfo.InvariantCulture),
        ["batchSize"] = BatchSize.ToString(CultureInfo.InvariantCulture),
        ["shufflePoolRows"] = ShufflePoolRows.ToString(CultureInfo.InvariantCulture),
        ["maximumGradientNorm"] = MaximumGradientNorm?.ToString(CultureInfo.InvariantCulture) ?? "none",
        ["augmentation"] = Augmentation.Name,
        ["returningWeights"] = ReturningWeights.ToString(),
        ["sideParameters"] = SideParameters.ToString(),
        ["keepDense"] = KeepDense ? "true" : "false",
    };
}
