using Elsa.MLNet.Scoring;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>Levels that are given models; counts how often one is extracted.</summary>
internal sealed class TestLevels(params ModelProto[] models) : ILevelModels
{
    private int _extractions;

    public int Extractions => _extractions;

    public int LevelCount => models.Length;

    public ModelProto Extract(int level)
    {
        Interlocked.Increment(ref _extractions);
        return models[level].Clone();
    }

    /// <summary>ONNX Runtime on one level as it is, without any of our code: the oracle.</summary>
    public float[][] Oracle(int level, float[][] rows, int batch, params long[] rowShape)
    {
        using var session = new InferenceSession(Google.Protobuf.MessageExtensions.ToByteArray(models[level]));
        var scores = new List<float[]>();
        foreach (var chunk in rows.Chunk(batch))
        {
            using var input = OrtValue.CreateTensorValueFromMemory(
                chunk.SelectMany(r => r).ToArray(), rowShape.Length > 0 ? [chunk.Length, .. rowShape] : [chunk.Length, chunk[0].Length]);
            using var options = new RunOptions();
            using var results = session.Run(options, session.InputNames, [input], [session.OutputNames[0]]);
            scores.AddRange(results[0].GetTensorDataAsSpan<float>().ToArray().Chunk((int)(results[0].GetTensorTypeAndShape().ElementCount / chunk.Length)));
        }
        return [.. scores];
    }
}
