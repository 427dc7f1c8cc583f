using Elsa.MLNet.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
public sealed class TrainingFrozenWeightsTests
{
    readonly MLContext _context = new(1);

    static IEnumerable<(ElsaOptimizer, ElsaSparsifier, ElsaReturningWeights)> AllWays() =>
        from optimizer in (ElsaOptimizer[])[ElsaOptimizer.Sgd(), ElsaOptimizer.Sgd(momentum: 0, weightDecay: 0), ElsaOptimizer.AdamW()]
        from sparsifier in (ElsaSparsifier[])[ElsaSparsifier.OneShot, ElsaSparsifier.Gradual(), ElsaSparsifier.AcDc()]
        from returning in Enum.GetValues<ElsaReturningWeights>()
        select (optimizer, sparsifier, returning);

    [TestMethod]
    [DynamicData(nameof(AllWays))]
    public void Every_bit_of_inner_levels_stays_while_outer_ones_train(
        ElsaOptimizer optimizer, ElsaSparsifier sparsifier, ElsaReturningWeights returning)
    {
        using var folder = new CheckpointFolder();
        var options = folder.Into(TrainingTask.Options() with { Sparsities = [0.5, 0.8, 0.9] });
        options = options with
        {
            Training = options.Training! with
            {
                Optimizer = optimizer,
                Sparsifier = sparsifier,
                ReturningWeights = returning,
                LearningRate = ElsaLearningRate.Constant(0.01),
                Epochs = 1,
            },
        };
        using var elsa = TrainingTask.Fit(_context, options, 300);
        AssertLevelsStayed(folder, options, elsa.Parent);
    }

    [TestMethod]
    public void Every_bit_of_inner_levels_stays_in_a_convolutional_network()
    {
        using var folder = new CheckpointFolder();
        var options = folder.Into(TrainingTask.Options(ConvolutionalNetwork.Make()) with { InputColumnName = "Pixels", Sparsities = [0.5, 0.9] });
        var rows = ConvolutionalNetwork.Rows(_context);
        using var elsa = _context.Transforms.ElsaSparsify(options).Fit(rows);
        AssertLevelsStayed(folder, options, elsa.Parent);
        AssertScoresAreThoseOfOnnxRuntime(elsa, rows, "Pixels");
        Assert.IsGreaterThan(0.9, elsa.Levels[0].Metrics["accuracy"]);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Every_trained_level_scores_as_ONNX_Runtime_scores_its_extracted_file(bool normalized)
    {
        using var elsa = TrainingTask.Fit(_context, TrainingTask.Options(SmallNetwork.Make(normalized)));
        AssertScoresAreThoseOfOnnxRuntime(elsa, TrainingTask.Rows(_context, 256), "Features");
    }

    [TestMethod]
    public void A_trained_parent_is_the_same_after_writing_and_reading()
    {
        using var folder = new CheckpointFolder();
        using var elsa = TrainingTask.Fit(_context, TrainingTask.Options());
        var path = Path.Combine(folder.Name, "trained.elsa.onnx");
        elsa.SaveParent(path);
        Assert.IsTrue(ParentVerification.OfParent(path).IsValid);
        using var again = _context.Transforms.ApplyElsaModel("Score", "Features", path, "s90").Fit(TrainingTask.Rows(_context));
        Assert.AreSequenceEqual(elsa.Parent.ToBytes(), again.Parent.ToBytes());
        for (var level = 0; level < elsa.Levels.Count; level++) Assert.AreEqual(elsa.Parent.Extract(level), again.Parent.Extract(level));
    }

    static void AssertLevelsStayed(CheckpointFolder folder, ElsaSparsifyOptions options, ParentModel parent)
    {
        string[] names = [.. MaskableModel.Parse(options.ModelBytes, options.Maskable).Report.Maskable.Select(tensor => tensor.Name)];
        byte[] final = [.. names.SelectMany(name => parent.Masks[name].Levels.ToArray())];
        var original = ModelProto.Parser.ParseFrom(options.ModelBytes.Span);
        float[] before = [.. names.SelectMany(name => TrainingTask.Numbers(original, name))];
        foreach (var level in parent.Levels)
        {
            var (weights, levels) = folder.Read(level.Name);
            var extracted = parent.Extract(level.Index);
            float[] kept = [.. names.SelectMany(name => TrainingTask.Numbers(extracted, name))];
            var (differing, changed) = (0, 0);
            for (var position = 0; position < final.Length; position++)
            {
                Assert.AreEqual(levels[position] >= level.Index, final[position] >= level.Index, $"mask of {level.Name} at {position}");
                var expected = levels[position] >= level.Index ? weights[position] : 0;
                if (BitConverter.SingleToInt32Bits(expected) != BitConverter.SingleToInt32Bits(kept[position])) differing++;
                if (levels[position] == level.Index && weights[position] != before[position]) changed++;
            }
            Assert.AreEqual(0, differing, $"weights of {level.Name} that differ from those right after its training");
            Assert.IsGreaterThan(0, changed, $"weights that {level.Name} trained");
            var dropped = level.Index == 0 ? 0 : (long)Math.Round(options.Sparsities[level.Index - 1] * final.Length, MidpointRounding.ToEven);
            Assert.AreEqual(final.Length - dropped, level.KeptWeights);
            if (level.Index > 0)
                foreach (var name in names)
                    Assert.IsTrue(parent.Masks[name].MaskAt(level.Index).IsSubsetOf(parent.Masks[name].MaskAt(level.Index - 1)));
        }
        var verification = parent.Verify();
        Assert.IsTrue(verification.IsValid, string.Join('\n', verification.Findings));
    }

    static void AssertScoresAreThoseOfOnnxRuntime(ElsaTransformer elsa, IDataView rows, string column)
    {
        var inputs = rows.GetColumn<float[]>(column).ToList();
        using var dense = elsa.WithExecution(new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Off });
        foreach (var level in elsa.Levels)
        {
            using var transformer = dense.WithLevel(level.Index);
            var scores = transformer.Transform(rows).GetColumn<float[]>("Score").SelectMany(score => score).ToArray();
            Assert.AreSequenceEqual(TrainingTask.Plain(elsa.Parent.Extract(level.Index), inputs), scores);
        }
    }
}
