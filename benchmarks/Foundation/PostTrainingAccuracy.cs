using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>What levels cost in accuracy when nothing is trained: masks by global magnitude, side parameters re-estimated.</summary>
sealed class PostTrainingAccuracy(string name, Func<FittedNetwork> network, params (string Level, double Least)[] required) : ICheck
{
    public string Name => $"accuracy without training: {name}";

    public string Required => string.Join(", ", required.Select(row => $"{row.Level} at least {Percent(row.Least)}"));

    public Reading Measure(bool full)
    {
        var fitted = network();
        var measured = fitted.Parent.Levels.ToDictionary(level => level.Name, level => fitted.Accuracy(level.Name));
        return Reading.Of(string.Join(", ", measured.Select(row => $"{row.Key} {Percent(row.Value)}")),
            required.All(row => measured[row.Level] >= row.Least));
    }

    static string Percent(double share) => (100 * share).ToString("0.00", CultureInfo.InvariantCulture);
}
