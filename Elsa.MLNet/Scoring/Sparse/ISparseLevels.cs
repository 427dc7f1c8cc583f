using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>Levels whose zeros are known.</summary>
internal interface ISparseLevels : ILevelModels
{
    /// <summary>Masks of all levels.</summary>
    NestedMasks Masks { get; }

    /// <summary>Dense weights of a masked tensor, as little-endian bytes.</summary>
    ReadOnlyMemory<byte> Weights(string name);

    /// <summary>As <see cref="ILevelModels.Extract"/>, with all dense weights in place of the level's.</summary>
    ModelProto Unmasked(int level);

    /// <summary>Puts zeros where a level drops weights, in those masked tensors that a model still has.</summary>
    void Mask(ModelProto model, int level);

    /// <summary>The level's content: what has the same hash computes the same.</summary>
    string Hash(int level);
}
