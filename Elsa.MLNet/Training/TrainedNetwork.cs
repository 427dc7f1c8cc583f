namespace Elsa.MLNet.Training;

/// <summary>What training made: the dense network, and what each sparse level takes of it.</summary>
internal sealed class TrainedNetwork
{
    /// <param name="levelCount">Number of levels, the dense one included.</param>
    /// <param name="weights">The original weights.</param>
    /// <param name="sides">The original side parameters.</param>
    /// <param name="statistics">The original statistics of normalisation.</param>
    public TrainedNetwork(int levelCount, float[] weights, float[] sides, float[] statistics)
    {
        Weights = [.. weights];
        LevelMap = new byte[weights.Length];
        Sides = [.. Enumerable.Repeat(sides, levelCount)];
        Statistics = [.. Enumerable.Repeat(statistics, levelCount)];
    }

    /// <summary>
    /// All weights: those of finished levels as trained, all others with the values from which the next level starts.
    /// </summary>
    public float[] Weights { get; }

    /// <summary>Per weight the sparsest level that keeps it; 0 as long as no finished sparse level does.</summary>
    public byte[] LevelMap { get; }

    /// <summary>Per level its side parameters.</summary>
    public float[][] Sides { get; }

    /// <summary>Per level its statistics of normalisation.</summary>
    public float[][] Statistics { get; }

    /// <summary>Whether a finished, sparser level than this one keeps the weight.</summary>
    public bool IsFrozen(int position, int level) => LevelMap[position] > level;

    /// <summary>Weights of a finished level: those that it does not keep are zero.</summary>
    public float[] WeightsOf(int level)
    {
        var kept = new float[Weights.Length];
        for (var position = 0; position < kept.Length; position++)
            if (LevelMap[position] >= level) kept[position] = Weights[position];
        return kept;
    }
}
