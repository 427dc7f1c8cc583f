using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Benchmarks.Parents;

/// <summary>What is timed on an opened parent with 25 million weights; each job takes one thread.</summary>
sealed class ExtractionJobs
{
    readonly ParentModel _parent;
    readonly Tensor[] _tensors;

    public ExtractionJobs()
    {
        var model = MaskableModel.From(MatMulChain.Create());
        _parent = ParentModel.Parse(GlobalMagnitude.Parent(model, GlobalMagnitude.Masks(model)).ToBytes());
        _tensors = [.. _parent.Masks.TensorNames.Select(name => Tensor.Of(_parent, name))];
    }

    /// <summary>Size of the weights.</summary>
    public double Gigabytes => _tensors.Sum(tensor => tensor.Weights.Length) / 1e9;

    /// <summary>Copies the dense weights to memory that exists.</summary>
    public void Copy()
    {
        foreach (var tensor in _tensors) tensor.Weights.Span.CopyTo(tensor.Destination);
    }

    /// <summary>Puts the weights of level s90 there.</summary>
    public void Mask()
    {
        foreach (var tensor in _tensors) tensor.Mask(tensor.Map);
    }

    /// <summary>As <see cref="Mask"/>, decoding the level maps first, coded as thresholds.</summary>
    public void DecodeThresholdsAndMask()
    {
        foreach (var tensor in _tensors) tensor.Mask(tensor.Decode(tensor.Thresholds));
    }

    /// <summary>As <see cref="Mask"/>, decoding the level maps first, entropy-coded.</summary>
    public void DecodeEntropyAndMask()
    {
        foreach (var tensor in _tensors) tensor.Mask(tensor.Decode(tensor.Entropy));
    }

    /// <summary>Copies the dense weights to new memory.</summary>
    public void CopyToNewMemory()
    {
        foreach (var tensor in _tensors) GC.KeepAlive(tensor.Weights.ToArray());
    }

    /// <summary>Makes a model of level s90.</summary>
    public void Extract() => GC.KeepAlive(_parent.Extract(GlobalMagnitude.S90));

    sealed record Tensor(
        ReadOnlyMemory<byte> Weights, LevelMap Map, byte[] Thresholds, byte[] Entropy, byte[] Destination)
    {
        WeightKeys Keys => new(Weights, (int)DataType.Float);

        public static Tensor Of(ParentModel parent, string name)
        {
            var (weights, map) = (parent.Weights(name), parent.Masks[name]);
            var keys = new WeightKeys(weights, (int)DataType.Float);
            return new Tensor(
                weights, map, LevelMapCodec.Encode(map, keys), LevelMapCodec.EncodeEntropy(map, keys),
                new byte[weights.Length]);
        }

        public void Mask(LevelMap map) =>
            WeightMasking.Apply(Weights.Span, map.Levels, GlobalMagnitude.S90, sizeof(float), Destination);

        public LevelMap Decode(byte[] code) =>
            LevelMapCodec.Decode(code, Keys, [.. Map.Shape], (int)Map.Length, Map.LevelCount);
    }
}
