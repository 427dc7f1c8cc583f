using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Complaints;
using Elsa.MLNet.Tests.Data;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>What happens when a provider that ONNX Runtime lists is started.</summary>
[TestClass]
public sealed class ProviderStartTests
{
    private static readonly Dictionary<string, string> Options = new() { ["device_id"] = "1", ["Odd Name"] = " A=b " };

    private readonly MLContext _context = new(1);
    private readonly List<string> _warnings = [];

    public ProviderStartTests() => _context.Log += (_, entry) =>
    {
        if (entry.Kind == ChannelMessageKind.Warning) _warnings.Add(entry.RawMessage);
    };

    [TestMethod, Complaint("A missing provider or a conflict of native packages is an obscure error")]
    [DataRow(typeof(EntryPointNotFoundException), false)]
    [DataRow(typeof(EntryPointNotFoundException), true)]
    [DataRow(typeof(DllNotFoundException), false)]
    [DataRow(typeof(DllNotFoundException), true)]
    [DataRow(typeof(NotSupportedException), false)]
    [DataRow(typeof(NotSupportedException), true)]
    public void A_missing_entry_point_or_library_is_a_clear_error_or_a_logged_fallback(Type failure, bool fallbackToCpu)
    {
        var execution = new ElsaExecutionOptions
        {
            Provider = "cuda",
            ProviderOptions = Options,
            FallbackToCpu = fallbackToCpu,
        };
        string found =
            "Execution provider 'cuda' is available but does not start with the options device_id=1, Odd Name= A=b : " +
            "it is not there. This program's ONNX Runtime has CUDA, CPU. " +
            "'CUDA' comes with Microsoft.ML.OnnxRuntime.Gpu, ";
        if (fallbackToCpu)
        {
            var resolved = Resolve();
            using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()), resolved);
            Assert.AreEqual("CPU", transformer.ActiveProvider);
            Assert.StartsWith(found, _warnings.Single());
            Assert.EndsWith("Scores on the CPU instead, as FallbackToCpu allows.", _warnings.Single());
            return;
        }
        var error = Assert.ThrowsExactly<ArgumentException>(Resolve);
        Assert.StartsWith(found, error.Message);
        Assert.Contains("reference that package in the program in place of another native package", error.Message);
        Assert.IsInstanceOfType(error.InnerException, failure);
        Assert.IsEmpty(_warnings);

        ElsaExecutionOptions Resolve() => ProviderChoice.Resolve(
            _context, execution, ["CUDAExecutionProvider", "CPUExecutionProvider"],
            (_, _) => throw (Exception)Activator.CreateInstance(failure, "it is\nnot there")!);
    }

    [TestMethod, Complaint("Other providers than CUDA")]
    public void A_provider_that_is_not_known_here_is_started_with_its_options_as_they_are()
    {
        var execution = new ElsaExecutionOptions { Provider = "aBacus", ProviderOptions = Options };
        List<string> started = [];
        var resolved = ProviderChoice.Resolve(_context, execution, ["AbacusExecutionProvider"], (provider, options) =>
        {
            started.Add(provider.Name);
            Assert.AreSequenceEqual(Options, options);
        });
        Assert.AreSequenceEqual(["aBacus"], started);
        Assert.AreEqual("aBacus", resolved.Provider);
        Assert.AreSequenceEqual(Options, resolved.ProviderOptions);
    }

    [TestMethod, Complaint("Other providers than CUDA")]
    public void ONNX_Runtime_gets_the_name_and_the_options_of_a_provider_that_is_not_known_here_as_they_are()
    {
        var abacus = Provider.Named("aBacus");
        var refusal = Assert.ThrowsExactly<OnnxRuntimeException>(() => ProviderChoice.Start(abacus, Options));
        Assert.Contains("aBacus", refusal.Message);
        // What ONNX Runtime says of an option before it looks at the provider is that its name is too long.
        string name = "Odd Name " + new string('x', 1000);
        refusal = Assert.ThrowsExactly<OnnxRuntimeException>(
            () => ProviderChoice.Start(abacus, new Dictionary<string, string> { [name] = "1" }));
        Assert.Contains(name, refusal.Message);
    }
}
