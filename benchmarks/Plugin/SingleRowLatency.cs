using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Plugin;

/// <summary>Time of one prediction of a PredictionEngine over ours against that of one over ML.NET's own transformer.</summary>
/// <param name="title">The network.</param>
/// <param name="model">Gives it.</param>
sealed class SingleRowLatency(string title, Func<ModelProto> model) : ICheck
{
    public string Name => $"PredictionEngine, one row: time of ours / of ApplyOnnxModel's, {title}";

    public string Required => "at most 1.0x";

    public Reading Measure(bool full)
    {
        using var network = new NetworkUnderTest(model(), rows: 64, batch: 256);
        using var ours = Engine(network, network.Ours);
        using var stock = Engine(network, network.Stock);
        var row = network.Rows[0];
        var scored = new Scored();
        var ratios = TurnTaking.Ratios(() => ours.Predict(row, ref scored), () => stock.Predict(row, ref scored), full ? 61 : 15);
        return Reading.Of(string.Create(CultureInfo.InvariantCulture,
            $"{ratios.Median:0.00}x ({ratios.Smallest:0.00} to {ratios.Largest:0.00} in {ratios.Rounds} rounds)"), ratios.Median <= 1);
    }

    static PredictionEngine<NetworkUnderTest.Row, Scored> Engine(NetworkUnderTest network, ITransformer transformer)
    {
        var output = SchemaDefinition.Create(typeof(Scored));
        output[nameof(Scored.Score)].ColumnName = network.Output;
        return network.Context.Model.CreatePredictionEngine<NetworkUnderTest.Row, Scored>(transformer, new PredictionEngineOptions
        {
            InputSchemaDefinition = network.Schema,
            OutputSchemaDefinition = output,
            OwnsTransformer = false,
        });
    }

    sealed class Scored
    {
        [VectorType(10)] public float[] Score { get; set; } = [];
    }
}
