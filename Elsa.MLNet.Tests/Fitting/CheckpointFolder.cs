using Onnx;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>A folder for checkpoints that goes away with the test, and what lies in it.</summary>
sealed class CheckpointFolder : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public string Name => _folder.FullName;

    public string PathOf(string level) => Path.Combine(Name, level + ".elsa-checkpoint.onnx");

    public IEnumerable<string> Levels => _folder.EnumerateFiles("*.elsa-checkpoint.onnx").Select(file => file.Name.Split('.')[0]);

    /// <summary>All masked weights, one tensor behind the other, and per weight its sparsest level, after a level.</summary>
    public (float[] Weights, byte[] Levels) Read(string level)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(PathOf(level)));
        return (TrainingTask.Numbers(model, "weights"), TrainingTask.Raw(model, "levels"));
    }

    public ElsaSparsifyOptions Into(ElsaSparsifyOptions options) =>
        options with { Training = options.Training! with { CheckpointDirectory = Name } };

    public void Dispose() => _folder.Delete(recursive: true);
}
