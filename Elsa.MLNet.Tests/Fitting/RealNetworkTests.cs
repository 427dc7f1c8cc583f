using Elsa.MLNet.Datasets;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>The main job on a public network and public images, where they are at hand.</summary>
[TestClass]
public sealed class RealNetworkTests
{
    const int Rows = 100;

    [TestMethod]
    public void Levels_of_mnist_burn_score_bit_for_bit_as_plain_ONNX_Runtime_does_and_dense_as_the_original()
    {
        var file = Shared.Require("models/mnist-burn-conv-bn.onnx");
        var context = new MLContext(1);
        var images = LabeledImages.Open(Shared.Require("data/mnist"), DataPart.Test).Slice(0, 2_000).ToDataView(new PixelScaling([0.1307], [0.3081]));
        using var elsa = context.Transforms.ElsaSparsify(new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            LabelColumnName = "Label",
            ModelFile = file,
            Execution = new ElsaExecutionOptions { BatchSize = 1, SparseKernels = ElsaSparseKernels.Off },
        }).Fit(images);
        Assert.IsTrue(elsa.Parent.Verify().IsValid);

        var rows = context.Data.TakeRows(images, Rows);
        var inputs = rows.GetColumn<float[]>("Features").ToList();
        var original = Plain(ModelProto.Parser.ParseFromFile(file), inputs);
        foreach (var level in elsa.Levels)
        {
            using var transformer = elsa.WithLevel(level.Name);
            var extracted = Plain(elsa.Parent.Extract(level.Index), inputs);
            Assert.AreSequenceEqual(extracted, transformer.Transform(rows).GetColumn<float[]>("Score").SelectMany(score => score).Select(BitConverter.SingleToInt32Bits), level.Name);
            if (level.Index == 0) Assert.AreSequenceEqual(original, extracted);
            else Assert.AreNotEqual(string.Join(',', original), string.Join(',', extracted));
        }
    }

    // The network is made for one row, so plain ONNX Runtime can only be asked row by row.
    static List<int> Plain(ModelProto model, List<float[]> inputs)
    {
        using var session = new InferenceSession(model.ToByteArray());
        var (name, metadata) = session.InputMetadata.Single();
        long[] shape = [.. metadata.Dimensions.Select(dimension => (long)Math.Max(1, dimension))];
        using var options = new RunOptions();
        return [.. inputs.SelectMany(row =>
        {
            using var input = OrtValue.CreateTensorValueFromMemory(row, shape);
            using var results = session.Run(options, [name], [input], session.OutputNames);
            return results[0].GetTensorDataAsSpan<float>().ToArray().Select(BitConverter.SingleToInt32Bits);
        })];
    }
}
