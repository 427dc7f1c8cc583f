using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>Masks on the int8 weights of a network that was quantized before, as ONNX Runtime's tools do: a scale per channel.</summary>
[TestClass]
public sealed class QuantizedTests
{
    readonly MLContext _context = new(1);

    [TestMethod]
    public void Levels_drop_the_weights_that_stand_for_the_smallest_numbers()
    {
        using var elsa = Fit();
        Assert.AreSequenceEqual(["w1/q", "w2/q"], elsa.Parent.Tensors.Select(tensor => tensor.Name));
        Assert.IsTrue(elsa.Parent.Tensors.All(tensor => tensor.ElementType == "int8"));
        var dense = Model();
        var all = Magnitudes(dense);
        foreach (var level in elsa.Levels.Skip(1))
        {
            var kept = Magnitudes(elsa.Parent.Extract(level.Index));
            var least = kept.Where(value => value > 0).Min();
            // Ties aside, what is larger is kept.
            Assert.IsTrue(all.Zip(kept).All(pair => pair.Second == pair.First || (pair.Second == 0 && pair.First <= least)), level.Name);
            Assert.AreEqual(level.KeptWeights, kept.Count(value => value > 0), all.Count(value => value == 0) + 1, level.Name);
        }
    }

    [TestMethod]
    public void Every_level_scores_as_ONNX_Runtime_scores_the_extracted_file_and_comes_back_from_a_parent()
    {
        using var elsa = Fit();
        var parent = ParentModel.Parse(elsa.Parent.ToBytes());
        Assert.IsTrue(ParentVerification.OfParent(elsa.Parent.ToBytes()).IsValid);
        var rows = SmallNetwork.Rows(_context, 40);
        float[] features = [.. rows.GetColumn<float[]>("Features").SelectMany(row => row)];
        foreach (var level in elsa.Levels)
        {
            using var session = new InferenceSession(parent.Extract(level.Index).ToByteArray());
            using var input = OrtValue.CreateTensorValueFromMemory(features, [40, SmallNetwork.Inputs]);
            using var results = session.Run(new RunOptions(), ["x"], [input], ["y"]);
            using var transformer = elsa.WithLevel(level.Index);
            var actual = transformer.Transform(rows).GetColumn<float[]>("Score").SelectMany(score => score).ToList();
            var expected = results[0].GetTensorDataAsSpan<float>().ToArray();
            for (var index = 0; index < expected.Length; index++) Assert.AreEqual(expected[index], actual[index], 1e-5, level.Name);
            Assert.AreEqual(parent.Extract(level.Index), elsa.Parent.Extract(level.Index));
        }
        Assert.IsLessThan(0.9, elsa.Levels[^1].Metrics["agreement"], "The masks reach the scores.");
    }

    [TestMethod]
    public void Training_quantized_weights_is_refused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ElsaSparsify(Options() with { Training = new ElsaTraining() })
            .Fit(SmallNetwork.Rows(_context)));
        StringAssert.Contains(error.Message, "The weight 'w1/q' is int8; training needs float32.");
    }

    ElsaTransformer Fit() => _context.Transforms.ElsaSparsify(Options()).Fit(SmallNetwork.Rows(_context));

    static ElsaSparsifyOptions Options() => new() { OutputColumnName = "Score", InputColumnName = "Features", ModelBytes = Model().ToByteArray() };

    /// <summary>The numbers that all weights stand for.</summary>
    static float[] Magnitudes(ModelProto model) =>
    [
        .. new[] { "w1", "w2" }.SelectMany(name =>
        {
            var scales = TrainingTask.Numbers(model, $"{name}/scale");
            var integers = TrainingTask.Raw(model, $"{name}/q");
            return integers.Select((value, index) => Math.Abs((sbyte)value * scales[index % scales.Length]));
        }),
    ];

    /// <summary>Weights [inputs, outputs] with a scale per output, and biases that stay numbers.</summary>
    static ModelProto Model()
    {
        var model = SmallNetwork.Make();
        var graph = model.Graph;
        foreach (var name in new[] { "w1", "w2" })
        {
            var tensor = graph.Initializer.Single(found => found.Name == name);
            var (values, channels) = (TrainingTask.Numbers(model, name), (int)tensor.Dims[1]);
            float[] scales = [.. Enumerable.Range(0, channels).Select(channel => values.Where((_, index) => index % channels == channel).Max(Math.Abs) / 127 * (1 + channel % 3))];
            graph.Initializer.Remove(tensor);
            graph.Initializer.Add(new TensorProto
            {
                Name = $"{name}/q",
                DataType = (int)DataType.Int8,
                Dims = { tensor.Dims },
                RawData = ByteString.CopyFrom([.. values.Select((value, index) => (byte)(sbyte)Math.Round(value / scales[index % channels]))]),
            });
            graph.Initializer.Add(new TensorProto
            {
                Name = $"{name}/scale",
                DataType = (int)DataType.Float,
                Dims = { channels },
                RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(scales)),
            });
            graph.Initializer.Add(new TensorProto { Name = $"{name}/zero", DataType = (int)DataType.Int8, Dims = { channels }, RawData = ByteString.CopyFrom(new byte[channels]) });
            graph.Node.Insert(0, TestModels.Node("DequantizeLinear", [$"{name}/q", $"{name}/scale", $"{name}/zero"], name, TestModels.Attribute("axis", 1)));
        }
        return model;
    }
}
