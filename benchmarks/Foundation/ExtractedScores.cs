using Elsa.MLNet.Benchmarks.Checks;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>Every extracted level in plain ONNX Runtime against WithLevel, and the dense level against the original file.</summary>
sealed class ExtractedScores : ICheck
{
    const int Images = 500;

    public string Name => "scores: extracted levels in plain ONNX Runtime, mnist-burn";

    public string Required => "bit-identical to WithLevel with sparse kernels off, and dense to the original file";

    public Reading Measure(bool full)
    {
        var fitted = FittedNetwork.Mnist;
        var inputs = fitted.Inputs(Images);
        var original = Plain(ModelProto.Parser.ParseFromFile(fitted.ModelFile), inputs);
        var different = 0;
        foreach (var level in fitted.Parent.Levels)
        {
            // The model is made for one row, so plain ONNX Runtime can only be asked row by row.
            var ours = fitted.Scores(level.Name, Images, batchSize: 1);
            var plain = Plain(fitted.Parent.Extract(level.Index), inputs);
            different += Enumerable.Range(0, Images).Count(row => !Same(ours[row], plain[row]));
            if (level.Index == 0) different += Enumerable.Range(0, Images).Count(row => !Same(plain[row], original[row]));
        }
        return Reading.Of($"{different} of {Images * (fitted.Parent.Levels.Count + 1)} scores differ", different == 0);
    }

    static bool Same(float[] one, float[] other) => one.Select(BitConverter.SingleToInt32Bits).SequenceEqual(other.Select(BitConverter.SingleToInt32Bits));

    static float[][] Plain(ModelProto model, float[][] inputs)
    {
        using var session = new InferenceSession(model.ToByteArray());
        var (name, metadata) = session.InputMetadata.Single();
        long[] shape = [.. metadata.Dimensions.Select(dimension => (long)Math.Max(1, dimension))];
        using var options = new RunOptions();
        return [.. inputs.Select(row =>
        {
            using var input = OrtValue.CreateTensorValueFromMemory(row, shape);
            using var results = session.Run(options, [name], [input], session.OutputNames);
            return results[0].GetTensorDataAsSpan<float>().ToArray();
        })];
    }
}
