using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>Levels whose zeros are known.</summary>
internal interface ISparseLevels : ILevelModels
{
    /// <summary>Masks of all levels.</summary>
    NestedMasks Masks { get; }

    /// <summary>Dense weights of a masked tensor, as little-endian bytes.</summary>
    ReadOnlyMemory<byte> Weights(string name);

    /// <summary>The level's content: what has the same hash computes the same.</summary>
    string Hash(int level);
}
