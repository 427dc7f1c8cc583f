using Elsa.MLNet.Scoring;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Scoring;

/// <summary>A model as the only level, the dense one.</summary>
sealed class SingleLevel(ModelProto model) : ILevelModels
{
    public int LevelCount => 1;

    public ModelProto Extract(int level) => model.Clone();
}
