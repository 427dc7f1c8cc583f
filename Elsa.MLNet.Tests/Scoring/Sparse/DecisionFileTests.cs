using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Sparse;
using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring.Sparse;

/// <summary>Choices of kernels that are kept. The folder is the process's.</summary>
[TestClass]
[DoNotParallelize]
public sealed class DecisionFileTests : IDisposable
{
    static readonly KernelDecision Decision = new(
        ["fc1"], new Dictionary<string, LayerTimes> { ["fc1"] = new(20, 5) }, "dense 30 us, all sparse 12 us",
        new Dictionary<string, long[]> { ["x"] = [2, 3] });

    readonly string? _before = Environment.GetEnvironmentVariable(MachineFolder.Variable);
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("elsa-choices-");
    readonly ElsaExecutionOptions _execution = new();

    public DecisionFileTests() => Environment.SetEnvironmentVariable(MachineFolder.Variable, _folder.FullName);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(MachineFolder.Variable, _before);
        _folder.Delete(recursive: true);
    }

    [TestMethod]
    public void A_choice_comes_back_for_the_same_level_rows_and_threads_only()
    {
        Assert.IsNull(new DecisionFile("level", 4, _execution).Write(Decision));
        var (found, objection) = new DecisionFile("level", 4, _execution).Read();
        Assert.IsNull(objection);
        Assert.AreSequenceEqual(Decision.Sparse, found!.Sparse);
        Assert.AreEqual(Decision.Timings["fc1"], found.Timings["fc1"]);
        Assert.AreSequenceEqual(Decision.Shapes["x"], found.Shapes["x"]);
        foreach (var other in new[]
        {
            new DecisionFile("other", 4, _execution), new DecisionFile("level", 3, _execution),
            new DecisionFile("level", 4, _execution with { IntraOpNumThreads = 1 }),
        })
        {
            Assert.AreEqual((null, null), other.Read());
        }
    }

    [TestMethod]
    [DataRow("{ not json", "cannot be read")]
    [DataRow("{}", "is not complete")]
    [DataRow("null", "is not complete")]
    public void A_damaged_file_is_told_and_not_used(string content, string message)
    {
        new DecisionFile("level", 0, _execution).Write(Decision);
        File.WriteAllText(Kept(), content);
        var (found, objection) = new DecisionFile("level", 0, _execution).Read();
        Assert.IsNull(found);
        Assert.Contains(message, objection!);
    }

    [TestMethod]
    public void A_file_of_another_machine_or_of_other_versions_is_told_and_not_used()
    {
        new DecisionFile("level", 0, _execution).Write(Decision);
        File.WriteAllText(Kept(), File.ReadAllText(Kept()).Replace("ONNX Runtime ", "ONNX Runtime 0.", StringComparison.Ordinal));
        var (found, objection) = new DecisionFile("level", 0, _execution).Read();
        Assert.IsNull(found);
        Assert.Contains("is of another machine or of other versions", objection!);
    }

    [TestMethod]
    public void A_file_that_is_too_large_is_not_read()
    {
        new DecisionFile("level", 0, _execution).Write(Decision);
        File.WriteAllBytes(Kept(), new byte[(1 << 20) + 1]);
        Assert.Contains("more than 1048576", new DecisionFile("level", 0, _execution).Read().Objection!);
    }

    [TestMethod]
    public void A_folder_that_cannot_be_written_is_told()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "kernels"), "in the way");
        Assert.Contains("cannot be written", new DecisionFile("level", 0, _execution).Write(Decision)!);
    }

    [TestMethod]
    public void A_kept_choice_is_used_and_a_damaged_one_is_replaced_with_a_line_in_the_log()
    {
        var parent = TestParents.Of(TestModels.Model([("x", ["N", 6])], [("y", ["N", 3])], DataType.Float,
            [TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", DataType.Float, 1, 6, 3)]));
        Score(parent);
        var written = File.ReadAllText(Kept());
        // Whatever was chosen, the opposite is written down: a kept choice is used, so the other kernel runs.
        var wasSparse = written.Contains("\"Sparse\":[\"MatMul_y\"]", StringComparison.Ordinal);
        File.WriteAllText(Kept(), wasSparse
            ? written.Replace("\"Sparse\":[\"MatMul_y\"]", "\"Sparse\":[]", StringComparison.Ordinal)
            : written.Replace("\"Sparse\":[]", "\"Sparse\":[\"MatMul_y\"]", StringComparison.Ordinal));
        Assert.AreEqual(!wasSparse, Score(parent).IsSparse);
        File.WriteAllText(Kept(), "damaged");
        List<string> log = [];
        Score(parent, log);
        Assert.HasCount(1, log.Where(line => line.Contains("The kept choice of kernels is not used", StringComparison.Ordinal)));
        Assert.StartsWith("{", File.ReadAllText(Kept()));
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

    string Kept() => Directory.GetFiles(Path.Combine(_folder.FullName, "kernels")).Single();

    sealed class Row
    {
        [VectorType(6)] public float[] Features { get; set; } = [1, 2, 3, 4, 5, 6];
    }
}
