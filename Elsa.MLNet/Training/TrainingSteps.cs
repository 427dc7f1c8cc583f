using Elsa.MLNet.Data;

namespace Elsa.MLNet.Training;

/// <summary>Brings batch after batch before the training session: rows, labels, and what the original model says of
/// them.</summary>
/// <param name="batches">The rows.</param>
/// <param name="feed">The tensors that are filled.</param>
/// <param name="teacher">The original model; null if no loss needs it.</param>
/// <param name="cancelled">Throws if the fit was cancelled.</param>
internal sealed class TrainingSteps(TrainingBatches batches, BatchFeed feed, Teacher? teacher, Action cancelled)
{
    /// <summary>Steps of an epoch.</summary>
    public int PerEpoch => batches.StepsPerEpoch;

    /// <summary>Fills the tensors for each step of an epoch in turn.</summary>
    public IEnumerable<int> Epoch(int epoch)
    {
        var step = 0;
        foreach (var batch in batches.Epoch(epoch, cancelled))
        {
            feed.Fill(batch);
            teacher?.Run();
            yield return step++;
        }
    }
}
