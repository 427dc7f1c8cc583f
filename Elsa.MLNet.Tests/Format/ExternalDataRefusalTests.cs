using System.Text.Json.Nodes;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Format;

/// <summary>What FORMAT.md says of files beside a model, one broken sentence at a time.</summary>
[TestClass]
public sealed class ExternalDataRefusalTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestMethod, Rule(11)]
    public void External_data_stays_inside_the_folder()
    {
        var path = Path.Combine(_folder, "parent.onnx");
        foreach (var (location, length) in new[] { ("../w", "480"), ("/etc/hostname", "480"), ("a\0b", "480"), ("missing", "480"), ("w", "479"), ("w", "480") })
        {
            File.WriteAllBytes(Path.Combine(_folder, "w"), new byte[480]);
            var model = SmallParents.Make("float32").ToModel();
            var tensor = SmallParents.Tensor(model, "w1");
            var weights = tensor.RawData;
            TensorBytes.ClearData(tensor);
            tensor.DataLocation = DataLocation.External;
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = length });
            File.WriteAllBytes(path, model.ToByteArray());
            var expected = (location, length) == ("w", "480") ? ParentFormatError.WeightsChanged : ParentFormatError.BadTensor;
            Assert.AreEqual(expected, Assert.ThrowsExactly<ParentFormatException>(() => ParentModel.Read(path)).Error, location);
            if (expected == ParentFormatError.BadTensor) continue;
            File.WriteAllBytes(Path.Combine(_folder, "w"), weights.ToByteArray());
            Assert.HasCount(3, ParentModel.Read(path).Levels);
        }
    }

    [TestMethod, Rule(12), Provokes(ParentFormatError.TooLarge)]
    public void Weights_do_not_outnumber_the_bytes_of_model_and_external_files()
    {
        var (path, model) = (Path.Combine(_folder, "parent.onnx"), Tied(40));
        File.WriteAllBytes(Path.Combine(_folder, "w"), SmallParents.Tensor(model, "w0").RawData.ToByteArray());
        foreach (var tensor in model.Graph.Initializer) MoveOut(tensor, tensor.Name == "w0" ? "w" : "./w");
        File.WriteAllBytes(path, model.ToByteArray());
        var (fileBytes, weights) = (model.CalculateSize() + 16_384, 40 * 4096);
        Assert.IsLessThan(weights, fileBytes);
        var error = Assert.ThrowsExactly<ParentFormatException>(() => ParentModel.Read(path));
        Assert.AreEqual(ParentFormatError.TooLarge, error.Error, error.Message);
        Assert.Contains($"the model and its external files have {fileBytes} bytes", error.Message);

        model = Tied(2);
        foreach (var tensor in model.Graph.Initializer) MoveOut(tensor, "w");
        File.WriteAllBytes(path, model.ToByteArray());
        Assert.HasCount(2, ParentModel.Read(path).Levels);
    }

    [TestMethod, Rule(11)]
    public void A_tensor_that_is_no_initializer_has_no_external_data() => RefusalTests.Refused(ParentFormatError.BadTensor, model =>
    {
        var tensor = new TensorProto { DataType = (int)DataType.Float };
        MoveOut(tensor, "w");
        model.Graph.Node[0].Attribute.Add(new AttributeProto { Name = "more", T = tensor });
    });

    [TestMethod, Rule(12), Provokes(ParentFormatError.TooLarge)]
    [DataRow("bias", DisplayName = "tensors without a mask")]
    [DataRow("side", DisplayName = "side parameters")]
    public void Initializers_claim_at_most_sixteen_times_the_bytes_of_external_files(string name)
    {
        File.WriteAllBytes(Path.Combine(_folder, "b"), new byte[4096]);
        foreach (var (count, isTooLarge) in new[] { (16, false), (17, true) })
        {
            var model = Tied(1);
            for (var index = 0; index < count; index++)
            {
                var tensor = new TensorProto { Name = $"{name}{index}", DataType = (int)DataType.Uint8, Dims = { 4096 } };
                MoveOut(tensor, index % 2 == 0 ? "b" : "./b");
                model.Graph.Initializer.Add(tensor);
            }
            if (name == "side")
                SmallParents.EditManifest(model, manifest => manifest["sideParameters"] =
                    new JsonArray([.. Enumerable.Range(0, count).Select(index => JsonValue.Create($"{name}{index}"))]));
            var path = Path.Combine(_folder, "parent.onnx");
            File.WriteAllBytes(path, model.ToByteArray());
            var error = Assert.ThrowsExactly<ParentFormatException>(() => ParentModel.Read(path));
            Assert.AreEqual(isTooLarge, error.Error == ParentFormatError.TooLarge, error.Message);
            if (isTooLarge) Assert.Contains($"claim {17 * 4096} bytes of external files that have 4096", error.Message);
        }
    }

    [TestMethod, Rule(12, 46)]
    public void An_extracted_file_claims_no_more_memory_than_its_parent_has()
    {
        var (parent, path) = (SmallParents.Make("sides"), Path.Combine(_folder, "level.onnx"));
        var model = parent.Extract(1);
        using (var data = File.Create(Path.Combine(_folder, "b"))) data.SetLength(1L << 30);
        var bias = SmallParents.Tensor(model, "bias");
        MoveOut(bias, "b");
        bias.Dims[0] = 1L << 28;
        File.WriteAllBytes(path, model.ToByteArray());
        var before = GC.GetAllocatedBytesForCurrentThread();
        var finding = ParentVerification.OfExtracted(parent, path).Findings.Single();
        Assert.AreEqual(ParentFormatError.BadTensor, finding.Error, finding.Message);
        Assert.Contains("Tensor 'bias' is float32 [268435456]; the parent's is float32 [10].", finding.Message);
        Assert.IsLessThan(64L << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>A parent with equal weights w0, w1 and so on.</summary>
    static ModelProto Tied(int count)
    {
        var tensors = Enumerable.Range(0, count).Select(index =>
        {
            var tensor = SmallParents.Weight("w", DataType.Float, 1, 64, 64);
            tensor.Name = $"w{index}";
            return tensor;
        }).ToArray();
        var model = MaskableModel.From(TestModels.Model([("x", [1, 64])], [($"h{count}", [1, 64])], DataType.Float,
            [.. Enumerable.Range(0, count).Select(index => TestModels.Node("MatMul",
                [index == 0 ? "x" : $"h{index}", $"w{index}"], $"h{index + 1}"))], tensors));
        return ParentModel.Create(model, new ParentContent
        {
            Masks = SmallParents.Magnitude(model, 0.5),
            LevelNames = ["s50"],
            Fit = new ElsaFit { Method = "post-training", Importance = "magnitude", Allocation = "global" },
        }).ToModel();
    }

    static void MoveOut(TensorProto tensor, string location)
    {
        TensorBytes.ClearData(tensor);
        tensor.DataLocation = DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
    }
}
