using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>Models that stand side by side as if they were levels.</summary>
internal sealed class PlainModels(params IReadOnlyList<MaskableModel> models) : ILevelModels
{
    public int LevelCount => models.Count;

    public ModelProto Extract(int level) =>
        OnnxWriter.WithExternalDataInside(models[level].Model.Clone(), models[level].Directory);
}
