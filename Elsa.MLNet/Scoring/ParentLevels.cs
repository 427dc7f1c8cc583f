using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>The levels of a parent, as models to open.</summary>
internal sealed class ParentLevels(ParentModel parent) : ILevelModels
{
    public int LevelCount => parent.Levels.Count;

    public ModelProto Extract(int level) => parent.Extract(level);
}
