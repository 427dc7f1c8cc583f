using System.Globalization;

namespace Elsa.MLNet.Training;

/// <summary>
/// Trains nested levels by partial weight freezing (Halvachi, Peste, Alistarh, Lampert, arXiv 2312.06872): from the
/// sparsest level to the dense one, each starts with what the sparser ones have frozen and the original values
/// elsewhere, reaches its own mask, and trains only what is not frozen.
/// </summary>
/// <param name="training">Epochs, learning rate, sparsifier, and what is frozen besides weights.</param>
/// <param name="seed">Seed of returning weights that are drawn anew.</param>
/// <param name="levelNames">Names of the levels, dense first.</param>
/// <param name="sparsities">Per level the share of weights it drops; 0 for the dense one.</param>
/// <param name="sessions">The training step with normalisation by the batch, and, for levels whose statistics are
/// frozen, by running statistics.</param>
/// <param name="steps">Batches, and what a step needs besides.</param>
/// <param name="masks">Chooses masks.</param>
/// <param name="checkpoints">Keeps what is finished.</param>
/// <param name="report">Tells how it goes.</param>
/// <param name="measure">Measures a level with its weights, side parameters and statistics on held-out rows.</param>
internal sealed class PartialWeightFreezing(ElsaTraining training, int seed, IReadOnlyList<string> levelNames,
    IReadOnlyList<double> sparsities,
    Func<int, TrainingSession> sessions, TrainingSteps steps, MaskChoice masks, Checkpoints checkpoints,
    TrainingReport report,
    Func<float[], float[], float[], (string, double)?> measure)
{
    private readonly double[] _finalLoss = new double[levelNames.Count];

    private int Sparsest => levelNames.Count - 1;

    private int Densest => training.KeepDense || !training.TrainDense ? 1 : 0;

    private long StepsPerLevel => (long)training.Epochs * steps.PerEpoch;

    /// <summary>Trains all levels.</summary>
    /// <param name="network">The original network; becomes the trained one.</param>
    /// <exception cref="NotFiniteNumberException">The loss, or a weight, is not finite any more.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public void Train(TrainedNetwork network)
    {
        var first = Sparsest;
        if (checkpoints.Load(network) is { } finished)
        {
            report.Skip(levelNames[finished], (Sparsest - finished + 1) * StepsPerLevel, checkpoints.PathOf(finished)!);
            first = finished - 1;
        }
        for (var level = first; level >= Densest; level--)
        {
            var session = sessions(level);
            var kept = Begin(network, level, session);
            Run(network, level, session, kept);
            End(network, level, session, kept);
            checkpoints.Save(network, level);
        }
    }

    private bool[] Begin(TrainedNetwork network, int level, TrainingSession session)
    {
        network.Weights.CopyTo(session.Weights);
        if (training.ReturningWeights == ElsaReturningWeights.Reinitialized && level < Sparsest)
            ReturningWeights.Draw(session.Weights, session.Graph.Weights, session.Graph.Model.Graph, network, level,
                seed);
        // Those of the sparser level; of the sparsest the original ones.
        network.Sides[level].CopyTo(session.Sides);
        network.Statistics[level].CopyTo(session.Statistics);
        session.TrainedSides.AsSpan().Fill(level == Sparsest
            || training.SideParameters == ElsaTrainedSideParameters.PerLevel);
        session.ResetOptimizer();
        var kept = new bool[network.Weights.Length];
        kept.AsSpan().Fill(true);
        Select(network, level, session, kept);
        return kept;
    }

    private void Run(TrainedNetwork network, int level, TrainingSession session, bool[] kept)
    {
        var step = 0L;
        for (var epoch = 0; epoch < training.Epochs; epoch++)
        {
            var sum = 0.0;
            foreach (var _ in steps.Epoch((Sparsest - level) * training.Epochs + epoch))
            {
                if (training.Sparsifier.Change(step, StepsPerLevel, sparsities[level]) is { } sparsity)
                {
                    ThrowIfNotFinite(session, level, epoch, step);
                    masks.Choose(session.Weights, network, level, sparsity, kept);
                    Select(network, level, session, kept);
                }
                var loss = session.Step(training.LearningRate.At(step, StepsPerLevel));
                if (!float.IsFinite(loss)) throw Diverged("The loss", level, epoch, step);
                sum += loss;
                step++;
                report.Step(levelNames[level], epoch + 1, loss);
            }
            _finalLoss[level] = sum / steps.PerEpoch;
            var metric = measure([.. session.Weights], [.. session.Sides], [.. session.Statistics]);
            report.Epoch(levelNames[level], epoch + 1, _finalLoss[level], metric);
        }
    }

    private void Select(TrainedNetwork network, int level, TrainingSession session, bool[] kept)
    {
        var weights = session.Weights;
        for (var position = 0; position < kept.Length; position++)
        {
            if (!kept[position]) weights[position] = 0;
            else if (training.KeepDense) weights[position] = network.Weights[position];
            session.TrainedWeights[position] = kept[position] && !training.KeepDense
                && !network.IsFrozen(position, level);
        }
        session.ResetOptimizer(kept);
    }

    private void End(TrainedNetwork network, int level, TrainingSession session, bool[] kept)
    {
        ThrowIfNotFinite(session, level, training.Epochs - 1, StepsPerLevel);
        for (var position = 0; position < kept.Length; position++)
            if (kept[position] && !network.IsFrozen(position, level))
            {
                network.Weights[position] = session.Weights[position];
                network.LevelMap[position] = (byte)level;
            }
        var (sides, statistics) = (session.Sides.ToArray(), session.Statistics.ToArray());
        // Denser levels go on from here, except a dense level that is to stay the original one.
        for (var denser = level; denser >= (training.KeepDense ? 1 : 0); denser--)
            (network.Sides[denser], network.Statistics[denser]) = (sides, statistics);
        Warn(network, level, session);
    }

    private void Warn(TrainedNetwork network, int level, TrainingSession session)
    {
        if (training.SideParameters == ElsaTrainedSideParameters.Frozen && level == Sparsest && level > 0)
        {
            var (dead, channels) = DeadChannels.Count(network, session.Graph.Weights, level);
            if (dead > 0)
                report.Warn($"In level {levelNames[level]} {dead} of {channels} channels keep no weight. With all side parameters frozen, what " +
                    "returns to them in denser levels is normalised by the statistics of silence, and those levels can diverge. Lower the " +
                    $"sparsity, or choose {nameof(ElsaTrainedSideParameters)}.{nameof(ElsaTrainedSideParameters.StatisticsPerLevel)}.");
        }
        if (level < Sparsest && _finalLoss[level + 1] > 0 && _finalLoss[level] > _finalLoss[level + 1])
            report.Warn($"Level {levelNames[level]} ended with a mean loss of {Text(_finalLoss[level])}, more than the {Text(_finalLoss[level + 1])} " +
                $"of the sparser level {levelNames[level + 1]}. Train more epochs, lower the learning rate, or let side parameters differ per level.");
    }

    private void ThrowIfNotFinite(TrainingSession session, int level, int epoch, long step)
    {
        if (!Finite(session.Weights) || !Finite(session.Sides) || !Finite(session.Statistics))
            throw Diverged("A weight", level, epoch, step);

        static bool Finite(ReadOnlySpan<float> values)
        {
            foreach (var value in values)
                if (!float.IsFinite(value)) return false;
            return true;
        }
    }

    private NotFiniteNumberException Diverged(string what, int level, int epoch, long step)
    {
        var safe = level < Sparsest && checkpoints.PathOf(level + 1) is { } path
            ? $"Level {levelNames[level + 1]} and sparser ones are safe in '{path}', from which a fit with the same options goes on; other " +
                "options need another CheckpointDirectory." : "No checkpoint was written before.";
        return new NotFiniteNumberException($"{what} is not a finite number any more at level {levelNames[level]}, epoch {epoch + 1}, step {step + 1} " +
            $"of {StepsPerLevel}: training has diverged. {safe} Lower the learning rate, or set MaximumGradientNorm.");
    }

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
