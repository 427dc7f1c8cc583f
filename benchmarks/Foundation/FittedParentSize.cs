using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>What a fitted parent costs in bytes, side parameters, metrics and manifest included.</summary>
sealed class FittedParentSize : ICheck
{
    const double Most = 1.08;

    public string Name => "size: fitted parents with side parameters over the dense file";

    public string Required => $"at most {Most:0.00}";

    public Reading Measure(bool full)
    {
        var sizes = new[] { FittedNetwork.Mnist, FittedNetwork.Cifar }.ToDictionary(network => Path.GetFileNameWithoutExtension(network.ModelFile),
            network => (double)network.Parent.ToBytes().Length / new FileInfo(network.ModelFile).Length);
        return Reading.Of(string.Join(", ", sizes.Select(size => string.Create(CultureInfo.InvariantCulture, $"{size.Value:0.0000} {size.Key}"))),
            sizes.Values.All(size => size <= Most));
    }
}
