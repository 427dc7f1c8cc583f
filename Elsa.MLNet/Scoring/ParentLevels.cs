using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring.Sparse;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>The levels of a parent, as models to open.</summary>
internal sealed class ParentLevels(ParentModel parent) : ISparseLevels
{
    public int LevelCount => parent.Levels.Count;

    public NestedMasks Masks => parent.Masks;

    public ModelProto Extract(int level) => parent.Extract(level);

    public ModelProto Unmasked(int level) => parent.Unmasked(level);

    public void Mask(ModelProto model, int level) => parent.Mask(model, level);

    public ReadOnlyMemory<byte> Weights(string name) => parent.Weights(name);

    public string Hash(int level) => $"{parent.GraphSha256}/{parent.Levels[level].Sha256}";
}
