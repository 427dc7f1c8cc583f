using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
public sealed class TrainingSideParameterTests
{
    // Not b1: a bias in front of a normalisation by the batch has no gradient.
    static readonly string[] Statistics = ["mean", "variance"], Others = ["scale", "shift", "b2"];

    readonly MLContext _context = new(1);

    ElsaTransformer Fit(ElsaTrainedSideParameters sides, bool keepDense = false, ElsaReturningWeights returning = default) =>
        TrainingTask.Fit(_context, TrainingTask.Options() with
        {
            Training = TrainingTask.Options().Training! with { SideParameters = sides, KeepDense = keepDense, ReturningWeights = returning },
        });

    [TestMethod]
    [DataRow(ElsaTrainedSideParameters.PerLevel, true, true)]
    [DataRow(ElsaTrainedSideParameters.StatisticsPerLevel, true, false)]
    [DataRow(ElsaTrainedSideParameters.Frozen, false, false)]
    public void Side_parameters_differ_between_levels_as_chosen(ElsaTrainedSideParameters sides, bool statistics, bool others)
    {
        using var elsa = Fit(sides);
        var levels = elsa.Levels.Select(level => elsa.Parent.Extract(level.Index)).ToList();
        var original = SmallNetwork.Make(normalized: true);
        foreach (var (names, differ) in (IEnumerable<(string[], bool)>)[(Statistics, statistics), (Others, others)])
            foreach (var name in names)
            {
                Assert.AreEqual(differ, !TrainingTask.Raw(levels[0], name).SequenceEqual(TrainingTask.Raw(levels[1], name)), name);
                Assert.AreEqual(differ, !TrainingTask.Raw(levels[1], name).SequenceEqual(TrainingTask.Raw(levels[2], name)), name);
                Assert.AreEqual(differ, elsa.Parent.SideParameterNames.Contains(name), name);
                Assert.IsFalse(TrainingTask.Raw(levels[2], name).SequenceEqual(TrainingTask.Raw(original, name)), name);
            }
        Assert.IsTrue(elsa.Parent.Verify().IsValid);
    }

    [TestMethod]
    public void Frozen_side_parameters_leave_levels_that_differ_by_masks_alone()
    {
        using var elsa = Fit(ElsaTrainedSideParameters.Frozen);
        Assert.HasCount(0, elsa.Parent.SideParameterNames);
        Assert.IsNull(elsa.Parent.Fit.SideParameters);
        var dense = elsa.Parent.Extract(0);
        for (var level = 1; level < elsa.Levels.Count; level++)
        {
            foreach (var name in elsa.Parent.Masks.TensorNames)
            {
                var tensor = dense.Graph.Initializer.Single(candidate => candidate.Name == name);
                var mask = elsa.Parent.Masks[name].MaskAt(level);
                var masked = TrainingTask.Numbers(dense, name).Select((weight, index) => mask[index] ? weight : 0).ToArray();
                tensor.RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(masked.AsSpan()));
            }
            Assert.AreSequenceEqual(dense.Graph.Initializer, elsa.Parent.Extract(level).Graph.Initializer);
        }
    }

    [TestMethod]
    [DataRow(0.97, true)]
    [DataRow(0.3, false)]
    public void Dead_channels_are_told_when_side_parameters_are_frozen(double sparsity, bool dead)
    {
        var warnings = new List<string>();
        _context.Log += (_, entry) =>
        {
            if (entry.Kind == ChannelMessageKind.Warning) warnings.Add(entry.Message);
        };
        var options = TrainingTask.Options(ConvolutionalNetwork.Make()) with { InputColumnName = "Pixels", Sparsities = [sparsity] };
        options = options with { Training = options.Training! with { SideParameters = ElsaTrainedSideParameters.Frozen, Epochs = 1 } };
        using var elsa = _context.Transforms.ElsaSparsify(options).Fit(ConvolutionalNetwork.Rows(_context));
        var told = warnings.Where(warning => warning.Contains("channels keep no weight", StringComparison.Ordinal)).ToList();
        Assert.HasCount(dead ? 1 : 0, told);
        if (!dead) return;
        var silent = ((string[])["w1", "w2"]).Sum(name => TrainingTask.Numbers(elsa.Parent.Extract(1), name)
            .Chunk(name == "w1" ? 9 : 9 * ConvolutionalNetwork.Channels).Count(channel => channel.All(weight => weight == 0)));
        StringAssert.Contains(told[0], $"In level s97 {silent} of 16 channels");
    }

    [TestMethod]
    [DataRow(ElsaTrainedSideParameters.PerLevel, ElsaReturningWeights.Original)]
    [DataRow(ElsaTrainedSideParameters.StatisticsPerLevel, ElsaReturningWeights.Original)]
    [DataRow(ElsaTrainedSideParameters.Frozen, ElsaReturningWeights.Reinitialized)]
    public void A_kept_dense_level_is_the_original_and_all_levels_are_subsets_of_its_weights(
        ElsaTrainedSideParameters sides, ElsaReturningWeights returning)
    {
        var original = SmallNetwork.Make(normalized: true);
        using var elsa = Fit(sides, keepDense: true, returning);
        Assert.AreEqual(original, elsa.Parent.Extract(0));
        for (var level = 1; level < elsa.Levels.Count; level++)
        {
            var sparse = elsa.Parent.Extract(level);
            foreach (var name in (string[])["w1", "w2"])
                foreach (var (weight, source) in TrainingTask.Numbers(sparse, name).Zip(TrainingTask.Numbers(original, name)))
                    Assert.IsTrue(weight == 0 || weight == source);
            foreach (var name in Statistics.Concat(Others))
                Assert.IsFalse(TrainingTask.Raw(sparse, name).SequenceEqual(TrainingTask.Raw(original, name)), name);
        }
        Assert.IsTrue(elsa.Parent.Verify().IsValid);
    }

    [TestMethod]
    public void Own_masks_are_kept_exactly_by_every_sparsifier()
    {
        var random = new Random(4);
        var masks = new NestedMasks(((long[][])[[SmallNetwork.Inputs, SmallNetwork.Hidden], [SmallNetwork.Hidden, SmallNetwork.Classes]]).Select((shape, index) =>
            KeyValuePair.Create($"w{index + 1}", new LevelMap(shape, [.. Enumerable.Range(0, (int)(shape[0] * shape[1])).Select(_ => (byte)random.Next(3))], 3))));
        foreach (var sparsifier in (ElsaSparsifier[])[ElsaSparsifier.OneShot, ElsaSparsifier.Gradual(), ElsaSparsifier.AcDc()])
        {
            using var elsa = TrainingTask.Fit(_context, TrainingTask.Options() with
            {
                Masks = masks,
                Training = TrainingTask.Options().Training! with { Sparsifier = sparsifier, Epochs = 1 },
            }, 128);
            foreach (var name in masks.TensorNames) Assert.AreEqual(masks[name], elsa.Parent.Masks[name]);
            Assert.AreEqual("masks given", elsa.Parent.Fit.Training!["sparsifier"]);
        }
    }

    [TestMethod]
    public void An_own_importance_chooses_the_weights()
    {
        var importance = ElsaImportance.From("first come", (_, _, scores) =>
        {
            for (var index = 0; index < scores.Length; index++) scores[index] = -index;
        });
        using var elsa = TrainingTask.Fit(_context, TrainingTask.Options() with { Importance = importance, Allocation = ElsaAllocation.Uniform });
        Assert.AreEqual("first come", elsa.Parent.Fit.Importance);
        foreach (var name in elsa.Parent.Masks.TensorNames)
            for (var level = 1; level <= 2; level++)
            {
                var map = elsa.Parent.Masks[name];
                for (var index = 0; index < map.Length; index++) Assert.AreEqual(index < map.KeptCount(level), map.MaskAt(level)[index]);
            }
    }
}
