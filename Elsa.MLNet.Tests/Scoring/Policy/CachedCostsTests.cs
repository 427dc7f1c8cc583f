using Elsa.MLNet.Kernels;
using Elsa.MLNet.Scoring.Policy;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Operators;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Tests.Scoring.Policy;

/// <summary>Measurements are kept in a file, and a file that cannot be trusted is not.</summary>
[TestClass]
public sealed class CachedCostsTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("elsa-costs");
    readonly MLContext _context = new(1);
    readonly List<string> _warnings = [];
    readonly CostTable _measured = new(CostTable.Cost(2, 3, 500, 7), CostTable.Cost(1, 1, 1000, 5));
    readonly CostKey _key = CostKey.Of(TestParents.Of(SmallNetwork.Make()), new ElsaExecutionOptions(), "[12]", "y");

    public CachedCostsTests() => _context.Log += (_, entry) =>
    {
        if (entry.Kind == ChannelMessageKind.Warning) _warnings.Add(entry.RawMessage);
    };

    public void Dispose() => _folder.Delete(recursive: true);

    string File => Path.Combine(_folder.FullName, _key.FileName);

    [TestMethod]
    public void What_was_measured_once_is_read_the_next_time()
    {
        var first = Costs().Of(anew: false);
        var second = Costs().Of(anew: false);
        Assert.AreEqual(1, _measured.Asked);
        Assert.IsFalse(first.FromCache);
        Assert.IsTrue(second.FromCache);
        Assert.AreEqual(first.At, second.At);
        Assert.AreSequenceEqual(first.Levels, second.Levels);
        Assert.IsEmpty(_warnings);
        Assert.AreSequenceEqual([File], Directory.GetFiles(_folder.FullName));
    }

    [TestMethod]
    public void Levels_are_measured_anew_when_asked()
    {
        Costs().Of(anew: false);
        Costs().Of(anew: true);
        Assert.AreEqual(2, _measured.Asked);
        Assert.IsTrue(Costs().Of(anew: false).FromCache);
    }

    [TestMethod]
    [DataRow("", "it cannot be read")]
    [DataRow("{", "it cannot be read")]
    [DataRow("null", "it is not complete")]
    [DataRow("[]", "it cannot be read")]
    [DataRow("{\"format\":1}", "it is not complete")]
    [DataRow("{\"format\":2}", "its format is 2; this version reads 1")]
    [DataRow("\0\u0001\u0002", "it cannot be read")]
    public void A_damaged_file_is_ignored_with_a_log_line_and_replaced(string content, string said)
    {
        System.IO.File.WriteAllText(File, content);
        IgnoresAndReplaces(said);
    }

    [TestMethod]
    public void Every_file_cut_short_is_ignored()
    {
        Costs().Of(anew: false);
        byte[] whole = System.IO.File.ReadAllBytes(File);
        for (int length = 0; length < whole.Length; length += 7)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            var (costs, objection) = new CostFile(File).Read(_key, 2);
            Assert.IsNull(costs);
            Assert.IsNotNull(objection);
        }
    }

    [TestMethod]
    public void A_file_of_another_machine_is_ignored_with_a_log_line()
    {
        Leave(_key with { Machine = "abacus" });
        IgnoresAndReplaces("it was measured on another machine (abacus; this is ");
    }

    [TestMethod]
    public void A_file_of_other_versions_is_ignored_with_a_log_line()
    {
        Leave(_key with { Versions = "ONNX Runtime 0.1" });
        IgnoresAndReplaces("it was measured with other versions (ONNX Runtime 0.1; these are ");
    }

    [TestMethod]
    public void A_file_of_another_parent_or_other_options_is_ignored_with_a_log_line()
    {
        Leave(_key with { Parent = new string('0', 64) });
        IgnoresAndReplaces("it is of another parent or was measured with other options");
    }

    [TestMethod]
    public void A_file_of_too_few_levels_is_ignored_with_a_log_line()
    {
        new CostFile(File).Write(_key, new MeasuredCosts([CostTable.Cost(1, 1, 1, 1)], DateTimeOffset.UnixEpoch, false));
        IgnoresAndReplaces("it tells 1 levels of 2");
    }

    [TestMethod]
    [DataRow(-1.0, 1.0, 5L)]
    [DataRow(2.0, 1.0, 5L)]
    [DataRow(1.0, 1.0, 0L)]
    public void Values_that_no_measurement_gives_are_ignored_with_a_log_line(double median, double p95, long bytes)
    {
        var wrong = CostTable.Cost(median, p95, 1, bytes);
        new CostFile(File).Write(_key, new MeasuredCosts([wrong, wrong], DateTimeOffset.UnixEpoch, false));
        IgnoresAndReplaces("it has values that no measurement gives");
    }

    [TestMethod]
    public void A_file_too_large_is_not_read()
    {
        System.IO.File.WriteAllBytes(File, new byte[(1 << 20) + 1]);
        IgnoresAndReplaces("it has 1048577 bytes, more than 1048576");
    }

    [TestMethod]
    public void A_folder_that_cannot_be_written_costs_a_log_line_only()
    {
        string occupied = Path.Combine(_folder.FullName, "occupied");
        System.IO.File.WriteAllText(occupied, "");
        var costs = new CachedCosts(_context, _measured, _key, 2, occupied).Of(anew: false);
        Assert.HasCount(2, costs.Levels);
        Assert.StartsWith("The measurements are not kept: ", _warnings.Single());
    }

    [TestMethod]
    public void Without_a_folder_nothing_is_kept_and_the_log_says_so()
    {
        new CachedCosts(_context, _measured, _key, 2, null).Of(anew: false);
        Assert.Contains("Name a folder in the environment variable ELSA_CACHE_DIRECTORY.", _warnings.Single());
    }

    [TestMethod]
    public void The_key_tells_parents_options_rows_outputs_and_instructions_apart()
    {
        var parent = TestParents.Of(SmallNetwork.Make());
        var options = new ElsaExecutionOptions();
        // Other tests change the instructions of this process meanwhile, unless it is held here.
        OperatorRun.With(InstructionSets.Widest, () =>
        {
            var key = Of(options);
            string[] names =
            [
                key.FileName,
                CostKey.Of(TestParents.Of(SmallNetwork.Make(seed: 9)), options, "[12]", "y").FileName,
                CostKey.Of(parent, options, "[13]", "y").FileName,
                CostKey.Of(parent, options, "[12]", "z").FileName,
                Of(options with { BatchSize = 7 }).FileName,
                Of(options with { IntraOpNumThreads = 1 }).FileName,
                Of(options with { InterOpNumThreads = 1 }).FileName,
                Of(options with { Provider = "WebGPU" }).FileName,
                Of(On(("device_id", "0"))).FileName,
                Of(On(("device_id", "1"))).FileName,
                Of(On(("device_id", "1"), ("use_tf32", "1"))).FileName,
                Of(On(("device_id", "1 use_tf32=1"))).FileName,
                Of(options with { SparseKernels = ElsaSparseKernels.Off }).FileName,
                Of(options with { SparseKernels = ElsaSparseKernels.Required }).FileName,
                Of(options with { KernelChoice = ElsaKernelChoice.CostModel }).FileName,
            ];
            Assert.HasCount(names.Length, names.Distinct());
            Assert.AreEqual(key, Of(options with { Provider = "cpu" }));
            Assert.AreEqual(
                Of(On(("device_id", "1"), ("use_tf32", "1"))), Of(On(("use_tf32", "1"), ("device_id", "1"))));
        });
        List<string> ofInstructions = [];
        foreach (var row in OperatorRun.InstructionSetsHere())
            OperatorRun.With((InstructionSet)row[0], () => ofInstructions.Add(Of(options).FileName));
        Assert.HasCount(ofInstructions.Count, ofInstructions.Distinct());

        CostKey Of(ElsaExecutionOptions execution) => CostKey.Of(parent, execution, "[12]", "y");

        ElsaExecutionOptions On(params (string Name, string Value)[] given) => options with
        {
            Provider = "CUDA",
            ProviderOptions = given.ToDictionary(option => option.Name, option => option.Value),
        };
    }

    CachedCosts Costs() => new(_context, _measured, _key, 2, _folder.FullName);

    void Leave(CostKey key) => new CostFile(File).Write(key,
        new MeasuredCosts([CostTable.Cost(1, 1, 1, 1), CostTable.Cost(1, 1, 1, 1)], DateTimeOffset.UnixEpoch, false));

    void IgnoresAndReplaces(string said)
    {
        var costs = Costs().Of(anew: false);
        Assert.IsFalse(costs.FromCache);
        Assert.AreEqual(1, _measured.Asked);
        string warning = _warnings.Single();
        Assert.StartsWith($"The measurements in '{File}' are ignored: ", warning);
        Assert.Contains(said, warning);
        Assert.AreSequenceEqual(costs.Levels, Costs().Of(anew: false).Levels);
        Assert.AreEqual(1, _measured.Asked);
    }
}
