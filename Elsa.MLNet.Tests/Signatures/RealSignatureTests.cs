using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Tests.Signatures;

/// <summary>Public networks against ONNX Runtime alone, one row per call.</summary>
[TestClass]
public sealed class RealSignatureTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    public void A_language_model_scores_token_indices_of_a_length_that_the_column_settles()
    {
        var model = Read("arthur-transformer-lm.onnx");
        var random = new Random(3);
        var rows = Enumerable.Range(0, 10).Select(_ => new Text { Tokens = [.. Enumerable.Range(0, 16).Select(_ => (long)random.Next(40))] }).ToArray();
        using var transformer = _context.Transforms.ApplyElsaModel(new ElsaScoringOptions
        {
            Outputs = [new("Logits", "logits")],
            Inputs = [new("Tokens", "input_ids")],
            Parent = TestParents.Of(model),
            Execution = new ElsaExecutionOptions { BatchSize = 4 },
        }).Fit(_context.Data.LoadFromEnumerable(rows));
        var scores = Typed.Vectors<float>(transformer.Transform(_context.Data.LoadFromEnumerable(rows)), "Logits");
        using var session = new InferenceSession(Google.Protobuf.MessageExtensions.ToByteArray(model));
        for (int row = 0; row < rows.Length; row++)
        {
            using var input = OrtValue.CreateTensorValueFromMemory(rows[row].Tokens, [1, 16]);
            Close(session, "input_ids", input, "logits", scores[row]);
        }
    }

    [TestMethod]
    public void A_face_detector_gives_boxes_and_scores_of_the_same_row()
    {
        var model = Read("ultraface-slim-320.onnx");
        string name = model.Graph.Input.Single(i => model.Graph.Initializer.All(t => t.Name != i.Name)).Name;
        var random = new Random(4);
        var rows = Enumerable.Range(0, 3).Select(_ => new Picture { Pixels = [.. Enumerable.Range(0, 3 * 240 * 320).Select(_ => random.NextSingle())] }).ToArray();
        using var transformer = _context.Transforms.ApplyElsaModel(new ElsaScoringOptions
        {
            Outputs = [new("Boxes", "boxes"), new("Faces", "scores")],
            Inputs = [new("Pixels")],
            Parent = TestParents.Of(model),
            Execution = new ElsaExecutionOptions { BatchSize = 2 },
        }).Fit(_context.Data.LoadFromEnumerable(rows));
        var view = transformer.Transform(_context.Data.LoadFromEnumerable(rows));
        Assert.AreEqual(4, ((VectorDataViewType)view.Schema["Boxes"].Type).Dimensions[^1]);
        var (boxes, faces) = (Typed.Vectors<float>(view, "Boxes"), Typed.Vectors<float>(view, "Faces"));
        using var session = new InferenceSession(Google.Protobuf.MessageExtensions.ToByteArray(model));
        for (int row = 0; row < rows.Length; row++)
        {
            using var input = OrtValue.CreateTensorValueFromMemory(rows[row].Pixels, [1, 3, 240, 320]);
            Close(session, name, input, "boxes", boxes[row]);
            Close(session, name, input, "scores", faces[row]);
        }
    }

    private static ModelProto Read(string file) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(Shared.Require("models/" + file)));

    private static void Close(InferenceSession session, string input, OrtValue value, string output, float[] actual)
    {
        using var options = new RunOptions();
        using var results = session.Run(options, [input], [value], [output]);
        var expected = results[0].GetTensorDataAsSpan<float>();
        Assert.AreEqual(expected.Length, actual.Length);
        for (int i = 0; i < actual.Length; i++)
            Assert.AreEqual(expected[i], actual[i], 1e-4f * Math.Max(1, Math.Abs(expected[i])));
    }

    internal sealed class Text
    {
        [VectorType(16)]
        public long[] Tokens { get; set; } = [];
    }

    internal sealed class Picture
    {
        [VectorType(3, 240, 320)]
        public float[] Pixels { get; set; } = [];
    }
}
