using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>The networks of one parent, each as a plain ONNX model.</summary>
internal interface ILevelModels
{
    /// <summary>How many levels there are; level 0 is the dense one.</summary>
    int LevelCount { get; }

    /// <summary>A new plain ONNX model of one level, with its weights inside; the caller may change it.</summary>
    ModelProto Extract(int level);
}
