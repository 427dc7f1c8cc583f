using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Plugin;

/// <summary>Rows per second of the dense level against ML.NET's own transformer.</summary>
/// <param name="title">The network.</param>
/// <param name="model">Gives it.</param>
/// <param name="rows">Rows scored in a turn.</param>
/// <param name="least">How many times as many it must be.</param>
sealed class NetworkAgainstStock(string title, Func<ModelProto> model, int rows, double least) : ICheck
{
    const int Batch = 256;

    public string Name => $"rows/s against ApplyOnnxModel: {title}, batch {Batch}";

    public string Required => string.Create(CultureInfo.InvariantCulture, $"at least {least}x");

    public Reading Measure(bool full)
    {
        using var network = new NetworkUnderTest(model(), rows, Batch);
        var ratios = TurnTaking.Ratios(() => network.Score(network.Stock), () => network.Score(network.Ours), full ? 15 : 5);
        return Reading.Of(string.Create(CultureInfo.InvariantCulture,
            $"{ratios.Median:0.0}x ({ratios.Smallest:0.0} to {ratios.Largest:0.0} in {ratios.Rounds} rounds)"), ratios.Median >= least);
    }
}
