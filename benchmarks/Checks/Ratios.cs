namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>Ratios of one kind, one per round: their median, and the smallest and largest as spread.</summary>
sealed class Ratios
{
    readonly double[] _sorted;

    public Ratios(IEnumerable<double> ratios)
    {
        _sorted = [.. ratios.Order()];
        ArgumentOutOfRangeException.ThrowIfZero(_sorted.Length, nameof(ratios));
    }

    public double Median => (_sorted[(_sorted.Length - 1) / 2] + _sorted[_sorted.Length / 2]) / 2;

    public double Smallest => _sorted[0];

    public double Largest => _sorted[^1];

    public int Rounds => _sorted.Length;

    public string AsTimes() => $"{Median:0.0}x ({Smallest:0.0} to {Largest:0.0} in {Rounds} rounds)";

    public string AsShare() => $"{Median:0 %} ({Smallest:0 %} to {Largest:0 %} in {Rounds} rounds)";
}
