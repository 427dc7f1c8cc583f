namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>How every level of a cascade did on every held-out row.</summary>
internal sealed class CalibrationRows(int levels)
{
    private readonly List<double> _confidences = [];
    private readonly List<bool> _right = [];

    public int Levels => levels;

    public int Count => _right.Count / levels;

    /// <summary>Adds a row: per level its confidence and whether it is right, sparsest level first.</summary>
    public void Add(ReadOnlySpan<double> confidences, ReadOnlySpan<bool> right)
    {
        foreach (double confidence in confidences)
            _confidences.Add(confidence);
        foreach (bool holds in right)
            _right.Add(holds);
    }

    public bool IsRight(int row, int level) => _right[(row * levels) + level];

    /// <summary>Which level of the cascade answers a row; one that is not sure, NaN included, does not.</summary>
    public int Answering(int row, double threshold)
    {
        int level = 0;
        while (level < levels - 1 && !(_confidences[(row * levels) + level] > threshold))
            level++;
        return level;
    }

    /// <summary>Rows that the last level has right and the cascade has wrong.</summary>
    public int Lost(double threshold)
    {
        int lost = 0;
        for (int row = 0; row < Count; row++)
        {
            if (IsRight(row, levels - 1) && !IsRight(row, Answering(row, threshold)))
                lost++;
        }
        return lost;
    }
}
