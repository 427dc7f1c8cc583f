using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
public sealed class SparsifyTests
{
    readonly MLContext _context = new(1);

    static ElsaSparsifyOptions Options(bool normalized = false) => new()
    {
        OutputColumnName = "Score",
        InputColumnName = "Features",
        LabelColumnName = "Label",
        ModelBytes = SmallNetwork.Make(normalized).ToByteArray(),
    };

    ElsaTransformer Fit(ElsaSparsifyOptions options, int rows = 600) =>
        _context.Transforms.ElsaSparsify(options).Fit(SmallNetwork.Rows(_context, rows));

    [TestMethod]
    public void A_pipeline_with_AppendElsaSparsify_fits_and_scores_every_level()
    {
        var pipeline = _context.Transforms.NormalizeMinMax("Features").AppendElsaSparsify(_context, Options());
        var rows = SmallNetwork.Rows(_context);
        var model = pipeline.Fit(rows);
        using var elsa = model.LastTransformer;
        Assert.AreSequenceEqual(["dense", "s50", "s80", "s90", "s95"], elsa.Levels.Select(level => level.Name));
        foreach (var level in elsa.Levels)
        {
            using var transformer = elsa.WithLevel(level.Name);
            var features = model.Transform(rows);
            var scores = transformer.Transform(_context.Transforms.DropColumns("Score").Fit(features).Transform(features)).GetColumn<float[]>("Score").ToList();
            Assert.HasCount(600, scores);
            Assert.IsTrue(scores.All(score => score.Length == SmallNetwork.Classes && score.All(float.IsFinite)));
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Extracted_levels_score_bit_for_bit_as_WithLevel_does(bool normalized)
    {
        using var elsa = Fit(Options(normalized) with { Execution = new ElsaExecutionOptions { BatchSize = 50 } });
        var rows = SmallNetwork.Rows(_context, 200);
        var inputs = rows.GetColumn<float[]>("Features").ToList();
        foreach (var level in elsa.Levels)
        {
            using var transformer = elsa.WithLevel(level.Index);
            using var session = new InferenceSession(elsa.Parent.Extract(level.Index).ToByteArray());
            var scores = transformer.Transform(rows).GetColumn<float[]>("Score").ToList();
            for (var start = 0; start < inputs.Count; start += 50)
            {
                using var input = OrtValue.CreateTensorValueFromMemory(inputs.Skip(start).Take(50).SelectMany(row => row).ToArray(), [50, SmallNetwork.Inputs]);
                using var run = session.Run(new RunOptions(), ["x"], [input], ["y"]);
                var expected = run[0].GetTensorDataAsSpan<float>().ToArray();
                Assert.AreSequenceEqual(expected, scores.Skip(start).Take(50).SelectMany(score => score));
            }
        }
    }

    [TestMethod]
    public void The_dense_level_is_the_source_bit_for_bit()
    {
        var source = SmallNetwork.Make(normalized: true);
        using var elsa = Fit(Options(normalized: true));
        Assert.AreEqual(source, elsa.Parent.Extract(0));
    }

    [TestMethod]
    public void Same_data_options_and_seed_give_the_same_parent_and_another_seed_another()
    {
        using var first = Fit(Options(normalized: true));
        using var second = Fit(Options(normalized: true));
        using var other = Fit(Options(normalized: true) with { Seed = 2 });
        Assert.AreSequenceEqual(first.Parent.ToBytes(), second.Parent.ToBytes());
        Assert.IsFalse(first.Parent.ToBytes().AsSpan().SequenceEqual(other.Parent.ToBytes()));
    }

    [TestMethod]
    [DataRow(false, "b1")]
    [DataRow(true, "mean")]
    public void Side_parameters_are_stored_per_level_unless_they_are_to_stay_dense(bool normalized, string name)
    {
        using var estimated = Fit(Options(normalized));
        using var dense = Fit(Options(normalized) with { SideParameters = ElsaSideParameters.Dense });
        Assert.Contains(name, estimated.Parent.SideParameterNames);
        Assert.HasCount(0, dense.Parent.SideParameterNames);
        Assert.AreNotEqual(Initializer(estimated, 1, name), Initializer(estimated, 2, name));
        Assert.AreEqual(Initializer(dense, 0, name), Initializer(dense, 2, name));
        Assert.IsTrue(estimated.Parent.Verify().IsValid, string.Join('\n', estimated.Parent.Verify().Findings));
        Assert.IsTrue(dense.Parent.Verify().IsValid);
    }

    static ByteString Initializer(ElsaTransformer elsa, int level, string name) =>
        elsa.Parent.Extract(level).Graph.Initializer.Single(tensor => tensor.Name == name).RawData;

    [TestMethod]
    public void Re_estimated_statistics_are_those_of_the_masked_network()
    {
        using var elsa = Fit(Options(normalized: true) with { HoldOutFraction = 0, MaximumCalibrationRows = 600 });
        var inputs = SmallNetwork.Rows(_context).GetColumn<float[]>("Features").ToList();
        for (var level = 1; level < elsa.Levels.Count; level++)
        {
            var model = elsa.Parent.Extract(level);
            float[] Numbers(string name) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(
                model.Graph.Initializer.Single(tensor => tensor.Name == name).RawData.Span).ToArray();
            var (w, b, mean, variance) = (Numbers("w1"), Numbers("b1"), Numbers("mean"), Numbers("variance"));
            for (var unit = 0; unit < SmallNetwork.Hidden; unit++)
            {
                var values = inputs.Select(x => x.Select((value, index) => (double)value * w[index * SmallNetwork.Hidden + unit]).Sum() + b[unit]).ToList();
                var expected = values.Average();
                Assert.AreEqual(expected, mean[unit], 1e-5);
                var spread = values.Average(value => (value - expected) * (value - expected));
                if (spread > 1e-9) Assert.AreEqual(spread, variance[unit], 1e-5);
            }
        }
    }

    [TestMethod]
    [DataRow(DataType.Float16, 0.02)]
    [DataRow(DataType.Double, 1e-5)]
    public void Side_parameters_of_other_types_are_found_as_those_of_Single(DataType type, double tolerance)
    {
        using var single = Fit(Of(DataType.Float));
        using var other = Fit(Of(type));
        Assert.AreEqual("re-estimated", other.Parent.Fit.SideParameters);
        Assert.AreSequenceEqual(single.Parent.SideParameterNames, other.Parent.SideParameterNames);
        Assert.AreSequenceEqual(["b2", "mean", "variance"], single.Parent.SideParameterNames.Order(StringComparer.Ordinal));
        foreach (var name in single.Parent.SideParameterNames)
        {
            var expected = TensorElements.Numbers(single.Parent.SideParameter(1, name).Span, DataType.Float);
            var actual = TensorElements.Numbers(other.Parent.SideParameter(1, name).Span, type);
            for (var channel = 0; channel < expected.Length; channel++) Assert.AreEqual(expected[channel], actual[channel], tolerance, $"{name}[{channel}]");
        }

        ElsaSparsifyOptions Of(DataType numbers) => Options() with
        {
            Sparsities = [0.5],
            ModelBytes = TestModels.Model([("x", ["N", SmallNetwork.Inputs])], [("y", ["N", SmallNetwork.Classes])], numbers,
                [
                    TestModels.Node("Gemm", ["x", "w1"], "h"), TestModels.Node("BatchNormalization", ["h", "s", "t", "mean", "variance"], "n"),
                    TestModels.Node("Relu", ["n"], "r"), TestModels.Node("Gemm", ["r", "w2", "b2"], "y"),
                ],
                [
                    TestModels.Random("w1", numbers, 1, SmallNetwork.Inputs, 8), TestModels.Random("s", numbers, 2, 8), TestModels.Random("t", numbers, 3, 8),
                    TestModels.Random("mean", numbers, 4, 8), Positive("variance", numbers, 8), TestModels.Random("w2", numbers, 5, 8, SmallNetwork.Classes),
                    TestModels.Random("b2", numbers, 6, SmallNetwork.Classes),
                ]).ToByteArray(),
        };

        static TensorProto Positive(string name, DataType type, int count)
        {
            var raw = new byte[count * TensorElements.Bytes(type)];
            TensorElements.Encode(Enumerable.Range(1, count).Select(i => i / 4f).ToArray(), type, raw);
            return new TensorProto { Name = name, DataType = (int)type, Dims = { count }, RawData = ByteString.CopyFrom(raw) };
        }
    }

    [TestMethod]
    public void Levels_carry_what_was_measured_on_held_out_rows()
    {
        using var labelled = Fit(Options());
        using var unlabelled = Fit(Options() with { LabelColumnName = null });
        Assert.IsTrue(labelled.Levels.All(level => level.Metrics.ContainsKey("accuracy")));
        Assert.IsTrue(unlabelled.Levels.All(level => !level.Metrics.ContainsKey("accuracy")));
        Assert.AreEqual(1, unlabelled.Levels[0].Metrics["agreement"]);
        Assert.AreEqual(0, unlabelled.Levels[0].Metrics["relativeError"]);
        Assert.IsLessThan(1.0, unlabelled.Levels[^1].Metrics["agreement"]);
        Assert.IsGreaterThan(0, labelled.Parent.Fit.EvaluationRows);
        Assert.AreEqual(600, labelled.Parent.Fit.EvaluationRows + labelled.Parent.Fit.CalibrationRows);
    }

    [TestMethod]
    public void A_saved_parent_scores_through_ApplyElsaModel_as_before()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "small.elsa.onnx");
            var rows = SmallNetwork.Rows(_context, 100);
            using var elsa = Fit(Options());
            elsa.SaveParent(path);
            using var sparse = elsa.WithLevel("s90");
            using var again = _context.Transforms.ApplyElsaModel("Score", "Features", path, "s90").Fit(rows);
            Assert.AreSequenceEqual(sparse.Transform(rows).GetColumn<float[]>("Score").SelectMany(score => score),
                again.Transform(rows).GetColumn<float[]>("Score").SelectMany(score => score));
            Assert.ThrowsExactly<IOException>(() => elsa.SaveParent(path));
            sparse.ExportOnnx(Path.Combine(folder.FullName, "s90.onnx"));
            Assert.AreEqual("s90", ParentVerification.OfExtracted(elsa.Parent, Path.Combine(folder.FullName, "s90.onnx")).Level);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void Masks_keep_the_largest_weights_globally_and_per_tensor_when_uniform()
    {
        using var global = Fit(Options());
        using var uniform = Fit(Options() with { Allocation = ElsaAllocation.Uniform });
        var weights = SmallNetwork.Make().Graph.Initializer.Where(tensor => tensor.Name[0] == 'w')
            .SelectMany(tensor => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray()).Select(MathF.Abs).ToArray();
        for (var level = 1; level < 5; level++)
        {
            var kept = global.Parent.Masks.TensorNames.SelectMany(name => Enumerable.Range(0, (int)global.Parent.Masks[name].Length).Select(index => global.Parent.Masks[name].MaskAt(level)[index])).ToArray();
            var leastKept = weights.Where((_, index) => kept[index]).Min();
            Assert.IsTrue(weights.Where((_, index) => !kept[index]).All(weight => weight <= leastKept));
            Assert.AreEqual(weights.Length - (int)Math.Round(Options().Sparsities[level - 1] * weights.Length), kept.Count(k => k));
            foreach (var name in uniform.Parent.Masks.TensorNames)
                Assert.AreEqual(Options().Sparsities[level - 1], uniform.Parent.Masks[name].MaskAt(level).Sparsity, 0.5 / uniform.Parent.Masks[name].Length + 1e-12);
        }
    }

    [TestMethod]
    public void A_parent_does_not_change_when_its_side_parameters_are_set_again()
    {
        var sides = new SideParameters();
        sides.Set(1, "b1", new byte[4 * SmallNetwork.Hidden]);
        var parent = TestParents.Of(SmallNetwork.Make(), sides: sides);
        var before = parent.ToBytes();
        sides.Set(1, "b1", Enumerable.Repeat((byte)1, 4 * SmallNetwork.Hidden).ToArray());
        sides.Set(1, "b2", new byte[4 * SmallNetwork.Classes]);
        Assert.AreSequenceEqual(before, parent.ToBytes());
        Assert.IsTrue(parent.Verify().IsValid);
    }

    [TestMethod]
    public void Progress_is_reported_and_a_cancelled_token_stops_the_fit()
    {
        var reports = new List<ElsaProgress>();
        using (Fit(Options() with { Progress = new Immediate(reports.Add) })) { }
        Assert.AreSequenceEqual(["read", "side parameters", "measure"], reports.Select(report => report.Phase).Distinct());
        Assert.ThrowsExactly<OperationCanceledException>(() => Fit(Options() with { Execution = new ElsaExecutionOptions { CancellationToken = new CancellationToken(true) } }));
    }

    sealed class Immediate(Action<ElsaProgress> report) : IProgress<ElsaProgress>
    {
        public void Report(ElsaProgress value) => report(value);
    }
}
