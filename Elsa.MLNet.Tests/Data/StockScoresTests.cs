using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class StockScoresTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    public void Scores_are_those_of_ML_NETs_own_transformer_on_a_real_network()
    {
        string path = Shared.Require("models/mnist-8.onnx");
        var random = new Random(4);
        var rows = Enumerable.Range(0, 300)
            .Select(_ => new Digit { Input3 = [.. Enumerable.Range(0, 784).Select(_ => random.NextSingle())] }).ToArray();
        var view = _context.Data.LoadFromEnumerable(rows);
        var stock = _context.Transforms.ApplyOnnxModel("Plus214_Output_0", "Input3", path).Fit(view);
        using var ours = TestRows.Transformer(
            _context, new TestLevels(ModelProto.Parser.ParseFrom(File.ReadAllBytes(path))), input: "Input3");

        var expected = TestRows.Vectors(stock.Transform(view), "Plus214_Output_0");
        var actual = TestRows.Vectors(ours.Transform(view));

        Assert.HasCount(300, actual);
        for (int i = 0; i < 300; i++)
            TestRows.Close(expected[i], actual[i], 1e-4f);
        stock.Dispose();
    }

    [TestMethod]
    public void ML_NETs_own_transforms_work_on_top_of_the_scores()
    {
        var source = _context.Data.Cache(TestRows.View(_context, 600));
        using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()), new ElsaExecutionOptions { BatchSize = 64 });
        var scored = transformer.Transform(source);
        var kept = _context.Data.TakeRows(_context.Data.SkipRows(scored, 100), 100);
        var normalised = _context.Transforms.NormalizeMinMax("Normalised", "Score").Fit(kept).Transform(kept);
        var copied = _context.Data.Cache(normalised);
        var all = TestRows.Vectors(scored);

        var scores = TestRows.Vectors(copied);

        Assert.HasCount(100, scores);
        for (int i = 0; i < 100; i++)
            TestRows.Close(all[100 + i], scores[i]);
        Assert.HasCount(5, scored.Preview(5).RowView);
        Assert.HasCount(5, TestRows.Vectors(_context.Data.TakeRows(scored, 5)));
    }

    internal sealed class Digit
    {
        [VectorType(784)]
        public float[] Input3 { get; set; } = [];
    }
}
