using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Sparse;
using Elsa.MLNet.Tests.Data;
using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring.Sparse;

/// <summary>Choices of kernels that are kept. The folder is the process's.</summary>
[TestClass]
[DoNotParallelize]
public sealed class DecisionFileTests : IDisposable
{
    static readonly KernelDecision Decision = new(
        new Dictionary<string, ElsaLayerKernel> { ["fc1"] = ElsaLayerKernel.Sparse },
        new Dictionary<string, LayerTimes> { ["fc1"] = new(20, null, 5) }, "dense 30 us, all sparse 12 us",
        new Dictionary<string, long[]> { ["x"] = [2, 3] }, Difference: 1e-7);

    static readonly LevelOpening Opening = new(Batching.RowByRow, "it was made so", [[1, 3]]);

    static readonly ModelProto Model = TestModels.Model([("x", ["N", 6])], [("y", ["N", 3])], DataType.Float,
        [TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", DataType.Float, 1, 6, 3)]);

    readonly string? _before = Environment.GetEnvironmentVariable(MachineFolder.Variable);
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("elsa-choices-");
    readonly ElsaExecutionOptions _execution = new();
    readonly List<string> _log = [];

    public DecisionFileTests() => Environment.SetEnvironmentVariable(MachineFolder.Variable, _folder.FullName);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(MachineFolder.Variable, _before);
        _folder.Delete(recursive: true);
    }

    [TestMethod]
    public void Choices_come_back_for_the_same_level_rows_and_threads_only()
    {
        var file = File();
        Assert.IsNull(file.Opening);
        file.Keep(Opening, 4, Decision);
        file.Keep(Opening, 0, Decision with { Kernels = new Dictionary<string, ElsaLayerKernel>() });
        var found = File();
        Assert.AreEqual((Opening.Batching, Opening.Reason), (found.Opening!.Batching, found.Opening.Reason));
        Assert.AreSequenceEqual(Opening.RowShapes[0], found.Opening.RowShapes.Single());
        Assert.AreEqual(ElsaLayerKernel.Sparse, found.Find(4)!.Kernels.Single(kernel => kernel.Key == "fc1").Value);
        Assert.AreEqual(Decision.Timings["fc1"], found.Find(4)!.Timings["fc1"]);
        Assert.AreSequenceEqual(Decision.Shapes["x"], found.Find(4)!.Shapes["x"]);
        Assert.HasCount(0, found.Find(0)!.Kernels);
        Assert.IsNull(found.Find(3));
        foreach (var other in new[] { File("other"), File(rows: 5), File(execution: _execution with { IntraOpNumThreads = 1 }) })
            Assert.AreEqual((null, null), (other.Opening, other.Find(4)));
        Assert.HasCount(0, _log);
    }

    [TestMethod]
    public void Beyond_a_thousand_files_those_written_longest_ago_go()
    {
        var folder = _folder.CreateSubdirectory("kernels").FullName;
        System.IO.File.WriteAllText(Path.Combine(folder, "notes of somebody's own.json"), "");
        for (var age = 1; age <= DecisionFile.MostFiles + 2; age++)
        {
            var path = Path.Combine(folder, $"{age:x24}.json");
            System.IO.File.WriteAllText(path, "{}");
            System.IO.File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-age));
        }
        File().Keep(Opening, 4, Decision);
        Assert.IsNotNull(File().Find(4));
        var left = Directory.GetFiles(folder).Select(Path.GetFileNameWithoutExtension).ToHashSet();
        Assert.HasCount(DecisionFile.MostFiles + 1, left);
        Assert.Contains("notes of somebody's own", left);
        Assert.Contains($"{DecisionFile.MostFiles - 1:x24}", left);
        Assert.DoesNotContain($"{DecisionFile.MostFiles:x24}", left);
    }

    [TestMethod]
    public void What_another_process_keeps_later_is_found()
    {
        var (mine, other) = (File(), File());
        Assert.IsNull(mine.Find(4));
        other.Keep(Opening, 4, Decision);
        Assert.AreEqual(Decision.Network, mine.Find(4)!.Network);
        mine.Keep(Opening, 0, Decision);
        Assert.IsNotNull(other.Find(0));
        Assert.IsNotNull(File().Find(4), "What the other one kept was lost.");
        Assert.HasCount(0, _log);
    }

    [TestMethod]
    [DataRow("{ not json", "cannot be read")]
    [DataRow("{}", "is not complete")]
    [DataRow("null", "is not complete")]
    public void A_damaged_file_is_told_and_not_used(string content, string message)
    {
        File().Keep(Opening, 0, Decision);
        System.IO.File.WriteAllText(Kept(), content);
        IsNotUsed(message);
    }

    [TestMethod]
    [DataRow("\"Difference\":1E-07", "\"Difference\":0.01")]
    [DataRow("\"RowShapes\":[[1,3]]", "\"RowShapes\":[]")]
    [DataRow("\"Batching\":2", "\"Batching\":7")]
    [DataRow("\"fc1\":2", "\"fc1\":9")]
    [DataRow("\"Batching\":2,\"Reason\":\"it was made so\",\"RowShapes\":[[1,3]]", "\"Batching\":0,\"Reason\":\"\",\"RowShapes\":[[]]")]
    public void A_file_with_what_cannot_have_been_written_is_told_and_not_used(string written, string instead)
    {
        File().Keep(Opening, 0, Decision);
        var content = System.IO.File.ReadAllText(Kept());
        Assert.Contains(written, content);
        System.IO.File.WriteAllText(Kept(), content.Replace(written, instead, StringComparison.Ordinal));
        IsNotUsed("is not complete");
    }

    [TestMethod]
    public void A_file_of_another_machine_or_of_other_versions_is_told_and_not_used()
    {
        File().Keep(Opening, 0, Decision);
        System.IO.File.WriteAllText(Kept(), System.IO.File.ReadAllText(Kept()).Replace("ONNX Runtime ", "ONNX Runtime 0.", StringComparison.Ordinal));
        IsNotUsed("is of another machine or of other versions");
    }

    [TestMethod]
    public void A_file_that_is_too_large_is_not_read()
    {
        File().Keep(Opening, 0, Decision);
        System.IO.File.WriteAllBytes(Kept(), new byte[(1 << 20) + 1]);
        IsNotUsed("more than 1048576");
    }

    [TestMethod]
    public void A_folder_that_cannot_be_written_is_told()
    {
        System.IO.File.WriteAllText(Path.Combine(_folder.FullName, "kernels"), "in the way");
        File().Keep(Opening, 0, Decision);
        Assert.Contains("cannot be written", _log.Single());
    }

    [TestMethod]
    public void A_level_whose_choice_is_kept_is_loaded_without_its_dense_form()
    {
        var levels = new CountedLevels(TestParents.Of(Model));
        var first = Scores(levels);
        Assert.AreEqual(1, levels.Extractions);
        var again = Scores(levels);
        Assert.AreEqual(1, levels.Extractions, "The dense form is extracted where nothing is kept.");
        for (var row = 0; row < first.Length; row++) Assert.AreSequenceEqual(first[row], again[row]);
    }

    [TestMethod]
    public void A_kept_choice_is_used_and_a_damaged_one_is_replaced_with_a_line_in_the_log()
    {
        var parent = TestParents.Of(Model);
        Score(parent);
        var written = System.IO.File.ReadAllText(Kept());
        // Whatever was chosen, the opposite is written down: a kept choice is used, so the other kernel runs.
        const string Sparse = "\"Kernels\":{\"MatMul_y\":2}", Dense = "\"Kernels\":{}";
        var wasSparse = written.Contains(Sparse, StringComparison.Ordinal);
        System.IO.File.WriteAllText(Kept(), wasSparse
            ? written.Replace(Sparse, Dense, StringComparison.Ordinal)
            : written.Replace(Dense, Sparse, StringComparison.Ordinal));
        Assert.AreEqual(wasSparse ? ElsaLayerKernel.OnnxRuntime : ElsaLayerKernel.Sparse, Score(parent).Kernel);
        System.IO.File.WriteAllText(Kept(), "damaged");
        List<string> log = [];
        Score(parent, log);
        Assert.HasCount(1, log.Where(line => line.Contains("The kept choice of kernels is not used", StringComparison.Ordinal)));
        Assert.StartsWith("{", System.IO.File.ReadAllText(Kept()));
    }

    static ElsaLayerExecution Score(ParentModel parent, List<string>? log = null)
    {
        var context = new MLContext(1);
        if (log is not null)
            context.Log += (_, line) => log.Add(line.Message);
        using var transformer = new ElsaTransformer(context, parent, new ElsaExecutionOptions(), new ScoringColumns("Score", "Features"), 1);
        var rows = context.Data.LoadFromEnumerable(new[] { new Row(), new Row() });
        Assert.HasCount(2, transformer.Transform(rows).GetColumn<float[]>("Score").ToList());
        return transformer.Execution.Single();
    }

    static float[][] Scores(ILevelModels models)
    {
        var context = new MLContext(1);
        using var transformer = TestRows.Transformer(context, models, level: 1);
        return TestRows.Vectors(transformer.Transform(context.Data.LoadFromEnumerable(new[] { new Row(), new Row() })));
    }

    DecisionFile File(string level = "level", int rows = 6, ElsaExecutionOptions? execution = null) => new(
        level, ModelSignature.Of(Model, null, null), new RowInputs([typeof(float)], [[rows]]), execution ?? _execution, _log.Add);

    void IsNotUsed(string message)
    {
        var file = File();
        Assert.AreEqual((null, null), (file.Opening, file.Find(0)));
        Assert.Contains("The kept choice of kernels is not used, and they are timed", _log.Single());
        Assert.Contains(message, _log.Single());
    }

    string Kept() => Directory.GetFiles(Path.Combine(_folder.FullName, "kernels")).Single();

    sealed class Row
    {
        [VectorType(6)] public float[] Features { get; set; } = [1, 2, 3, 4, 5, 6];
    }

    /// <summary>Levels of a parent; counts how often sparse ones are extracted.</summary>
    sealed class CountedLevels(ParentModel parent) : ISparseLevels
    {
        readonly ParentLevels _levels = new(parent);

        public int Extractions { get; private set; }

        public int LevelCount => _levels.LevelCount;

        public NestedMasks Masks => _levels.Masks;

        public ModelProto Extract(int level)
        {
            if (level > 0) Extractions++;
            return _levels.Extract(level);
        }

        public ModelProto Unmasked(int level) => _levels.Unmasked(level);

        public void Mask(ModelProto model, int level) => _levels.Mask(model, level);

        public string Hash(int level) => _levels.Hash(level);

        public ReadOnlyMemory<byte> Weights(string name) => _levels.Weights(name);
    }
}
