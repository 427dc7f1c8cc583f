using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Tests.Scoring.Cascade;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Data;

/// <summary>
/// Every line in MLContext.Log names the component and what it was about, so that a program can choose lines. Kernels are
/// timed, and what is timed is kept in a folder of the process's environment.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed class LogTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("elsa-log");
    readonly string? _before = Environment.GetEnvironmentVariable(MachineFolder.Variable);
    readonly MLContext _context = new(1);
    readonly List<LoggingEventArgs> _lines = [];

    public LogTests()
    {
        Environment.SetEnvironmentVariable(MachineFolder.Variable, _folder.FullName);
        _context.Log += (_, line) =>
        {
            // Trace lines tell that a channel was opened and closed.
            if (line.Kind != ChannelMessageKind.Trace) _lines.Add(line);
        };
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(MachineFolder.Variable, _before);
        _folder.Delete(recursive: true);
    }

    [TestMethod]
    public void A_fit_without_training_tells_its_tensors_and_levels()
    {
        using var fitted = _context.Transforms.ElsaSparsify(Fitting()).Fit(SmallNetwork.Rows(_context));
        IsLine("ElsaSparsifyEstimator; Fit", ChannelMessageKind.Info, "Masks 'w1' [12,32], weight of Gemm");
        foreach (var level in fitted.Levels)
            IsLine("ElsaSparsifyEstimator; Fit", ChannelMessageKind.Info, $"Level {level.Name} keeps {level.KeptWeights} of ");
        IsLine("ElsaSparsifyEstimator; Load level", ChannelMessageKind.Info, "Level 0 with input ");
    }

    [TestMethod]
    public void A_fit_warns_of_a_tensor_that_a_level_leaves_empty()
    {
        var options = Fitting() with { Sparsities = [0.998], Allocation = ElsaAllocation.Global };
        using var fitted = _context.Transforms.ElsaSparsify(options).Fit(SmallNetwork.Rows(_context));
        IsLine("ElsaSparsifyEstimator; Fit", ChannelMessageKind.Warning, "Level s99.8 keeps no weight of 'w");
    }

    [TestMethod]
    public void Loading_a_level_tells_how_its_rows_get_through()
    {
        var view = TestRows.View(_context, 3);
        using var batched = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()));
        TestRows.Vectors(batched.Transform(view));
        IsLine("ElsaTransformer; Load level", ChannelMessageKind.Info, "Level 0 with input 'x' float [N, 6] scores batches of up to ");
        _lines.Clear();
        var fixedRows = TestModels.Model([("x", [2, 3])], [("y", [2, 3])], DataType.Float, [TestModels.Node("Relu", ["x"], "y")], []);
        using var single = TestRows.Transformer(_context, new TestLevels(fixedRows));
        TestRows.Vectors(single.Transform(view));
        IsLine("ElsaTransformer; Load level", ChannelMessageKind.Warning, "Level 0 with input 'x' float [2, 3] scores row by row, because ");
    }

    [TestMethod]
    public void Falling_back_to_the_CPU_is_a_warning_of_what_asked_for_the_provider()
    {
        const string Text = "Execution provider 'Abacus' is not available.";
        var execution = new ElsaExecutionOptions { Provider = "Abacus", FallbackToCpu = true };
        using var scoring = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()), execution);
        IsLine("ElsaTransformer; Choose provider", ChannelMessageKind.Warning, Text);
        _lines.Clear();
        using var fitted = _context.Transforms.ElsaSparsify(Fitting() with { Execution = execution }).Fit(SmallNetwork.Rows(_context));
        IsLine("ElsaSparsifyEstimator; Choose provider", ChannelMessageKind.Warning, Text);
    }

    [TestMethod]
    public void A_policy_tells_its_level_and_warns_if_it_is_no_admissible_one()
    {
        using var dense = Scoring();
        using var chosen = dense.WithLevel(ElsaLevelPolicy.OfSparsity(0.5));
        IsLine("ElsaTransformer; Choose level", ChannelMessageKind.Info, chosen.Choice!.ToString());
        using var sparsest = dense.WithLevel(ElsaLevelPolicy.WithinMemory(1).OrSparsest());
        IsLine("ElsaTransformer; Choose level", ChannelMessageKind.Warning, sparsest.Choice!.ToString());
    }

    [TestMethod]
    public void Choosing_kernels_tells_what_runs()
    {
        using var dense = Scoring();
        using var sparse = dense.WithLevel(1);
        TestRows.Vectors(sparse.Transform(SmallNetwork.Rows(_context)));
        IsLine("ElsaTransformer; Choose kernels", ChannelMessageKind.Info, " of 2 masked layers run by sparse kernels, ");
    }

    [TestMethod]
    public void Calibrating_a_cascade_tells_what_it_found()
    {
        var parent = CascadeParent.Make();
        var rows = _context.Data.LoadFromEnumerable(CascadeParent.Rows(_context, parent, 800));
        using var elsa = _context.Transforms.ApplyElsaModel("Score", "Features", parent).Fit(rows);
        using var cascade = elsa.WithLevel(ElsaLevelPolicy.Cascade(rows, new ElsaCascadeOptions { MaximumLoss = 0.05 }));
        IsLine("ElsaTransformer; Calibrate cascade", ChannelMessageKind.Info, cascade.Report!.ToString());
    }

    [TestMethod]
    public void A_loaded_model_tells_the_context_that_loaded_it()
    {
        using var saved = new MemoryStream();
        var rows = SmallNetwork.Rows(_context);
        using (var elsa = Scoring()) new MLContext().Model.Save(elsa, rows.Schema, saved);
        saved.Position = 0;
        using var loaded = (ElsaTransformer)_context.Model.Load(saved, out _);
        TestRows.Vectors(loaded.Transform(rows));
        IsLine("ElsaTransformer; Load level", ChannelMessageKind.Info, "Level 0 with input 'x' float [N, 12] scores batches of up to ");
    }

    ElsaTransformer Scoring() => _context.Transforms.ApplyElsaModel("Score", "Features", TestParents.Of(SmallNetwork.Make()))
        .Fit(SmallNetwork.Rows(_context, 5));

    static ElsaSparsifyOptions Fitting() => new()
    {
        OutputColumnName = "Score",
        InputColumnName = "Features",
        ModelBytes = Google.Protobuf.MessageExtensions.ToByteArray(SmallNetwork.Make()),
        Sparsities = [0.5],
    };

    /// <summary>A line with this text is there, and every one that has it has this source and kind.</summary>
    void IsLine(string source, ChannelMessageKind kind, string text)
    {
        var found = _lines.Where(line => line.RawMessage.Contains(text, StringComparison.Ordinal)).ToList();
        Assert.IsNotEmpty(found, $"No line has \"{text}\": {string.Join("; ", _lines.Select(line => line.Message))}");
        foreach (var line in found) Assert.AreEqual((source, kind), (line.Source, line.Kind), line.Message);
    }
}
