using Elsa.MLNet.Tests.Complaints;
using Elsa.MLNet.Tests.Data;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>Asking for an execution provider, as far as it can be shown without a device.</summary>
[TestClass]
public sealed class ProviderTests
{
    private readonly MLContext _context = new(1);

    [TestMethod, Complaint("Other providers than CUDA")]
    [DataRow("CPU")]
    [DataRow("cpu")]
    [DataRow(" CPUExecutionProvider ")]
    public void Names_of_providers_are_understood_in_any_case_and_with_ONNX_Runtimes_suffix(string name)
    {
        using var transformer = Transformer(new ElsaExecutionOptions { Provider = name });
        Assert.AreEqual("CPU", transformer.ActiveProvider);
        using var other = transformer.WithLevel(0);
        Assert.AreEqual("CPU", other.ActiveProvider);
    }

    [TestMethod]
    public void An_unknown_provider_is_refused_with_those_there_are_and_the_ways_out()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => Transformer(new ElsaExecutionOptions { Provider = "Abacus" }));
        StringAssert.StartsWith(
            error.Message, "Execution provider 'Abacus' is not available. This program's ONNX Runtime has ");
        StringAssert.Contains(error.Message, "CPU. 'Abacus' comes with a native build of ONNX Runtime that has it.");
        StringAssert.Contains(error.Message, "set FallbackToCpu to score on the CPU instead");
    }

    [TestMethod, Complaint("A missing provider or a conflict of native packages is an obscure error")]
    [Complaint("Other providers than CUDA")]
    [DataRow("DirectML", "'DML' comes with Microsoft.ML.OnnxRuntime.DirectML")]
    [DataRow("DML", "'DML' comes with Microsoft.ML.OnnxRuntime.DirectML")]
    [DataRow("cuda", "'CUDA' comes with Microsoft.ML.OnnxRuntime.Gpu")]
    [DataRow("TensorRT", "'TensorRT' comes with Microsoft.ML.OnnxRuntime.Gpu")]
    [DataRow("WebGPU", "'WebGPU' comes with a native build of ONNX Runtime with WebGPU")]
    [DataRow("CoreML", "'CoreML' comes with Microsoft.ML.OnnxRuntime (macOS, iOS)")]
    [DataRow("OpenVINO", "'OpenVINO' comes with Intel.ML.OnnxRuntime.OpenVino")]
    public void A_provider_that_does_not_run_here_is_one_clear_error_that_names_its_package(string name, string package)
    {
        if (Devices.Runs(name)) Assert.Inconclusive($"'{name}' runs here, so it is not refused.");
        var error = Assert.ThrowsExactly<ArgumentException>(() => Transformer(new ElsaExecutionOptions { Provider = name }));
        StringAssert.StartsWith(error.Message, $"Execution provider '{name}' is ");
        StringAssert.Contains(error.Message, package);
        StringAssert.Contains(error.Message, "FallbackToCpu");
    }

    [TestMethod, Complaint("A missing provider or a conflict of native packages is an obscure error")]
    [DataRow("CUDA")]
    [DataRow("TensorRT")]
    [DataRow("Abacus")]
    public void Falling_back_is_logged_as_a_warning_and_seen_in_ActiveProvider_and_scores_as_the_CPU_does(string name)
    {
        if (Devices.Runs(name)) Assert.Inconclusive($"'{name}' runs here, so nothing falls back.");
        var warnings = new List<string>();
        _context.Log += (_, entry) =>
        {
            if (entry.Kind == ChannelMessageKind.Warning) warnings.Add(entry.RawMessage);
        };
        var view = TestRows.View(_context, 10);
        using var cpu = Transformer(new ElsaExecutionOptions());
        Assert.IsEmpty(warnings);
        using var fallen = Transformer(new ElsaExecutionOptions
        {
            Provider = name,
            ProviderOptions = new Dictionary<string, string> { ["device_id"] = "0" },
            FallbackToCpu = true,
        });
        Assert.AreEqual("CPU", fallen.ActiveProvider);
        Assert.HasCount(1, warnings);
        StringAssert.StartsWith(warnings[0], $"Execution provider '{name}' is ");
        StringAssert.EndsWith(warnings[0], "Scores on the CPU instead, as FallbackToCpu allows.");
        var expected = TestRows.Vectors(cpu.Transform(view));
        var actual = TestRows.Vectors(fallen.Transform(view));
        for (var row = 0; row < expected.Length; row++) CollectionAssert.AreEqual(expected[row], actual[row]);
    }

    [TestMethod]
    public void Options_for_the_CPU_are_refused()
    {
        var execution = new ElsaExecutionOptions
        {
            ProviderOptions = new Dictionary<string, string> { ["device_id"] = "0" },
            FallbackToCpu = true,
        };
        var error = Assert.ThrowsExactly<ArgumentException>(() => Transformer(execution));
        StringAssert.StartsWith(
            error.Message, "ProviderOptions has device_id, but provider 'CPU' takes no options. Leave them out");
    }

    [TestMethod]
    public void Options_without_a_name_or_a_value_are_refused_and_later_changes_do_not_come_through()
    {
        var given = new Dictionary<string, string> { ["device_id"] = null! };
        var error = Assert.ThrowsExactly<ArgumentException>(() => new ElsaExecutionOptions { ProviderOptions = given });
        StringAssert.StartsWith(error.Message, "ProviderOptions has the name 'device_id' with the value 'null'.");
        given = new() { [" "] = "0" };
        Assert.ThrowsExactly<ArgumentException>(() => new ElsaExecutionOptions { ProviderOptions = given });
        Assert.ThrowsExactly<ArgumentNullException>(() => new ElsaExecutionOptions { ProviderOptions = null! });
        given = new() { ["device_id"] = "0" };
        var options = new ElsaExecutionOptions { ProviderOptions = given };
        given["device_id"] = "1";
        Assert.AreEqual("0", options.ProviderOptions["device_id"]);
        Assert.IsEmpty(new ElsaExecutionOptions().ProviderOptions);
        Assert.IsFalse(new ElsaExecutionOptions().FallbackToCpu);
    }

    [TestMethod]
    public void A_fit_fails_for_its_provider_before_it_reads_a_row_and_falls_back_if_told()
    {
        var options = new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            ModelBytes = Google.Protobuf.MessageExtensions.ToByteArray(TestModels.Mlp()),
            Execution = new ElsaExecutionOptions { Provider = "Abacus" },
        };
        var reads = 0;
        IEnumerable<TestRows.Row> Rows()
        {
            reads++;
            foreach (var row in TestRows.Make(50)) yield return row;
        }
        var view = _context.Data.LoadFromEnumerable(Rows());
        var error = Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ElsaSparsify(options).Fit(view));
        StringAssert.StartsWith(error.Message, "Execution provider 'Abacus' is not available.");
        Assert.AreEqual(0, reads);
        options = options with { Execution = options.Execution with { FallbackToCpu = true } };
        using var fitted = _context.Transforms.ElsaSparsify(options).Fit(view);
        Assert.AreEqual("CPU", fitted.ActiveProvider);
        Assert.IsGreaterThan(0, reads);
    }

    private ElsaTransformer Transformer(ElsaExecutionOptions execution) =>
        TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()), execution);
}
