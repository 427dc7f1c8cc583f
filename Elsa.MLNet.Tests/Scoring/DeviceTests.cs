using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Data;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>Scoring on every provider but the CPU that this process has; examples/gpu runs these tests.</summary>
[TestClass]
[TestCategory("Device")]
public sealed class DeviceTests
{
    private const int Rows = 6;
    private readonly MLContext _context = new(1);

    public TestContext TestContext { get; set; } = null!;

    internal sealed class Row
    {
        public float[] Features { get; set; } = [];
    }

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("models/mnist-burn-conv-bn.onnx", 784)]
    [DataRow("models/resnet20-cifar10.onnx", 3072)]
    public void Every_level_of_a_public_network_scores_within_a_thousandth_of_the_CPU(string file, int size)
    {
        var devices = Devices.Require();
        var parent = Parent(Shared.Require(file));
        var view = View(size);
        using var cpu = Transformer(parent, new ElsaExecutionOptions());
        foreach (var device in devices)
        {
            // Six rows in batches of four: one full batch and one that is not.
            using var dense = Transformer(parent, new ElsaExecutionOptions { Provider = device, BatchSize = 4 });
            Assert.AreEqual(device, dense.ActiveProvider);
            foreach (var level in parent.Levels)
            {
                using var expected = cpu.WithLevel(level.Index);
                using var actual = dense.WithLevel(level.Index);
                var started = System.Diagnostics.Stopwatch.GetTimestamp();
                var scores = TestRows.Vectors(actual.Transform(view));
                var taken = System.Diagnostics.Stopwatch.GetElapsedTime(started);
                var difference = Difference(TestRows.Vectors(expected.Transform(view)), scores);
                TestContext.WriteLine(FormattableString.Invariant(
                    $"{device} {Path.GetFileName(file)} {level.Name}: largest difference {difference:g3}; load and {Rows} rows {taken.TotalMilliseconds:f0} ms"));
                Assert.IsLessThanOrEqualTo(1e-3f, difference, $"{device} {level.Name}");
            }
        }
    }

    [TestMethod]
    public void Device_tensors_are_made_once_for_all_batches_of_a_size()
    {
        foreach (var device in Devices.Require())
        {
            var provider = Provider.Named(device);
            // Other tests score on the device at the same time.
            provider.Enter();
            using var leaving = new Leaving(provider);
            using var session = SessionOpening.Open(TestModels.Mlp(), new ElsaExecutionOptions { Provider = device });
            using var tensors = DeviceTensors.TryCreate(session, provider);
            if (tensors is null) Assert.Inconclusive($"'{device}' has no tensors on the device.");
            using var oracle = SessionOpening.Open(TestModels.Mlp(), new ElsaExecutionOptions());
            using var options = new RunOptions();
            var (input, output, expected) = (new float[4 * 6], new float[4 * 3], new float[4 * 3]);
            using var inputs = OrtValue.CreateTensorValueFromMemory(input, [4, 6]);
            using var outputs = OrtValue.CreateTensorValueFromMemory(output, [4, 3]);
            using var plain = OrtValue.CreateTensorValueFromMemory(expected, [4, 3]);
            for (var batch = 0; batch < 5; batch++)
            {
                for (var index = 0; index < input.Length; index++) input[index] = MathF.Sin(index + 7 * batch);
                tensors.Run([inputs], [outputs], (ins, outs) => session.Run(options, ["x"], ins, ["y"], outs));
                oracle.Run(options, ["x"], [inputs], ["y"], [plain]);
                TestRows.Close(expected, output, 1e-4f);
            }
            Assert.AreEqual(1, tensors.Allocations);
        }
    }

    private sealed record Leaving(Provider Provider) : IDisposable
    {
        public void Dispose() => Provider.Leave();
    }

    [TestMethod]
    public void Threads_that_score_different_levels_at_once_get_the_scores_of_the_CPU()
    {
        var levels = new TestLevels(TestModels.Mlp(seed: 1), TestModels.Mlp(seed: 50), TestModels.Mlp(seed: 99));
        var view = TestRows.View(_context, 50);
        using var cpu = TestRows.Transformer(_context, levels);
        foreach (var device in Devices.Require())
        {
            using var dense = TestRows.Transformer(
                _context, levels, new ElsaExecutionOptions { Provider = device, BatchSize = 8 });
            Parallel.For(0, 6, index =>
            {
                using var expected = cpu.WithLevel(index % 3);
                using var actual = dense.WithLevel(index % 3);
                var difference = Difference(
                    TestRows.Vectors(expected.Transform(view)), TestRows.Vectors(actual.Transform(view)));
                Assert.IsLessThanOrEqualTo(1e-4f, difference);
            });
        }
    }

    [TestMethod]
    public void A_scorer_left_open_keeps_the_device_until_it_is_disposed()
    {
        foreach (var device in Devices.Require())
        {
            var sessions = new LevelSessions(
                _context, new TestLevels(TestModels.Mlp()), new ElsaExecutionOptions { Provider = device }, null, null);
            var model = new LevelModel(sessions, 0);
            var scorer = model.Open(TestRows.Size, 4);
            scorer.Run(4);
            model.Dispose();
            Assert.AreEqual(0, sessions.LoadedCount);
            Assert.ThrowsExactly<ObjectDisposedException>(() => scorer.Run(4));
            scorer.Dispose();
            scorer.Dispose();
        }
    }

    [TestMethod]
    public void An_option_that_WebGPU_refuses_is_a_clear_error_or_falls_back()
    {
        if (!Devices.Require().Contains("WebGPU")) Assert.Inconclusive("WebGPU does not run here.");
        var levels = new TestLevels(TestModels.Mlp());
        var execution = new ElsaExecutionOptions
        {
            Provider = "WebGPU",
            ProviderOptions = new Dictionary<string, string> { ["preferredLayout"] = "upside down" },
        };
        var error = Assert.ThrowsExactly<ArgumentException>(() => TestRows.Transformer(_context, levels, execution));
        StringAssert.Contains(error.Message, "does not start with the options preferredLayout=upside down:");
        Assert.IsInstanceOfType<OnnxRuntimeException>(error.InnerException);
        using var fallen = TestRows.Transformer(_context, levels, execution with { FallbackToCpu = true });
        Assert.AreEqual("CPU", fallen.ActiveProvider);
    }

    private IDataView View(int size)
    {
        var random = new Random(3);
        var schema = SchemaDefinition.Create(typeof(Row));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, size);
        return _context.Data.LoadFromEnumerable(
            Enumerable.Range(0, Rows).Select(_ => new Row
            {
                Features = [.. Enumerable.Range(0, size).Select(_ => random.NextSingle())],
            }).ToArray(),
            schema);
    }

    private ElsaTransformer Transformer(ParentModel parent, ElsaExecutionOptions execution) =>
        new(_context, parent, execution, new ScoringColumns("Score", "Features"), 0);

    private static ParentModel Parent(string file)
    {
        var model = MaskableModel.Read(file);
        double[] sparsities = [0.5, 0.8, 0.95];
        return ParentModel.Create(model, new ParentContent
        {
            Masks = ElsaAllocation.Global.Masks(model, ElsaImportance.Magnitude, sparsities),
            LevelNames = [.. sparsities.Select(ElsaLevel.NameOf)],
            Fit = new ElsaFit { Method = "test", Importance = "magnitude", Allocation = "global" },
        });
    }

    private static float Difference(float[][] expected, float[][] actual)
    {
        Assert.HasCount(expected.Length, actual);
        return expected.Zip(actual, (left, right) => left.Zip(right, (a, b) => Math.Abs(a - b)).Max()).Max();
    }
}
