using Elsa.MLNet.Tests.Saving;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Complaints;

[TestClass]
public sealed class MachineSettingsTests
{
    [TestMethod, Complaint("Provider and threads are lost by saving")]
    public void Provider_after_save_and_load_is_the_CPU_and_another_is_asked_for_anew_or_refused_aloud()
    {
        using var saved = new SavedModels();
        var fitted = new ElsaExecutionOptions { Provider = "Abacus", FallbackToCpu = true, BatchSize = 7 };
        using var chain = (IDisposable)saved.Chain("s50", fitted);
        using var loaded = (IDisposable)saved.Context.Model.Load(saved.Save((ITransformer)chain), out _);
        var model = (ITransformer)loaded;
        Assert.AreEqual("CPU", model.ElsaTransformers().Single().ActiveProvider);
        Assert.AreEqual(new ElsaExecutionOptions(), model.ElsaTransformers().Single().ExecutionOptions);

        var wanted = new ElsaExecutionOptions { Provider = "Abacus", IntraOpNumThreads = 1 };
        var refused = Assert.ThrowsExactly<ArgumentException>(() => model.WithElsaExecution(wanted));
        Assert.Contains("'Abacus' is not available", refused.Message);
        using var local = (IDisposable)model.WithElsaExecution(wanted with { FallbackToCpu = true });
        Assert.AreEqual(1, ((ITransformer)local).ElsaTransformers().Single().ExecutionOptions.IntraOpNumThreads);
        var expected = SaveAndLoadTests.Scores(saved, model);
        Assert.AreSequenceEqual(expected, SaveAndLoadTests.Scores(saved, (ITransformer)local));
    }
}
