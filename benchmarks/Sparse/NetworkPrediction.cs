using Elsa.MLNet.Benchmarks.Checks;
using Google.Protobuf;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>The speed-up of layers that is predicted before training, over the one measured when a level is first scored.</summary>
sealed class NetworkPrediction(NetworkCase network) : ICheck
{
    const int Level = 2;

    public string Name => $"predicted over measured speed-up of s90's layers, {network.Name}";

    public string Required => "";

    public Reading Measure(bool full)
    {
        using var opened = new SparseNetwork(network);
        var measured = opened.LayersOf(Level).Where(layer => layer.SparseMicroseconds is not null)
            .ToDictionary(layer => layer.Name, layer => Math.Min(layer.DenseMicroseconds!.Value, layer.WinogradMicroseconds ?? double.PositiveInfinity) / layer.SparseMicroseconds!.Value);
        var predicted = ElsaSpeedModel.Predict(network.Model().ToByteArray(), [SparseNetwork.Sparsities[Level - 1]], network.Batch, opened.Execution)
            .Where(layer => layer.SpeedUp is not null && measured.ContainsKey(layer.Layer))
            .Select(layer => (Predicted: layer.SpeedUp!.Value, Measured: measured[layer.Layer])).ToList();
        if (predicted.Count == 0) return Reading.ForInformation("no layer can run sparse");
        var ratios = new Ratios(predicted.Select(layer => layer.Predicted / layer.Measured));
        var agreed = predicted.Count(layer => layer.Predicted >= 1.05 == layer.Measured >= 1.05);
        return Reading.ForInformation(NetworkCase.Text(
            $"{ratios.Median:0.00}x ({ratios.Smallest:0.00} to {ratios.Largest:0.00}); {agreed} of {predicted.Count} layers are judged alike (worth while from 1.05x)"));
    }
}
