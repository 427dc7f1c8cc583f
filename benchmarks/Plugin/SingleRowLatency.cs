using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Benchmarks.Plugin;

/// <summary>Time of one prediction of a PredictionEngine over ours against that of one over ML.NET's own transformer.</summary>
sealed class SingleRowLatency : ICheck
{
    public string Name => "PredictionEngine, one row: time of ours / of ApplyOnnxModel's, MLP 784-256-128-10";

    public string Required => "at most 1.0x";

    public Reading Measure(bool full)
    {
        using var network = new NetworkUnderTest(RandomMlp.Create(), rows: 64, batch: 256);
        using var ours = Engine(network, network.Ours);
        using var stock = Engine(network, network.Stock);
        var row = network.Rows[0];
        var scored = new Scored();
        var ratios = TurnTaking.Ratios(() => ours.Predict(row, ref scored), () => stock.Predict(row, ref scored), full ? 61 : 15);
        return Reading.Of(string.Create(CultureInfo.InvariantCulture,
            $"{ratios.Median:0.00}x ({ratios.Smallest:0.00} to {ratios.Largest:0.00} in {ratios.Rounds} rounds)"), ratios.Median <= 1);
    }

    static PredictionEngine<NetworkUnderTest.Row, Scored> Engine(NetworkUnderTest network, ITransformer transformer) =>
        network.Context.Model.CreatePredictionEngine<NetworkUnderTest.Row, Scored>(
            transformer, new PredictionEngineOptions { InputSchemaDefinition = network.Schema, OwnsTransformer = false });

    sealed class Scored
    {
        [VectorType(10)] public float[] Score { get; set; } = [];
    }
}
