using Elsa.MLNet.Data;
using Elsa.MLNet.Tests.Data;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Tests.Complaints;

/// <summary>What a row costs beside the arithmetic. Nothing here is timed.</summary>
[TestClass]
[DoNotParallelize]
public sealed class ThroughputTests
{
    // ML.NET's own transformer allocates about 5,000 bytes for a row of an MLP. Here one call of ONNX Runtime from .NET
    // costs some hundred bytes, whatever its rows.
    const long BytesPerRow = 64, BytesPerCall = 600;

    readonly MLContext _context = new(1);

    [TestMethod, Complaint("One call of ONNX Runtime per row")]
    public void Batching_a_thousand_rows_are_four_calls_of_the_model()
    {
        var model = new FakeModel(TestRows.Size);
        var source = TestRows.View(_context, 1_000);
        var schema = new ScoredSchema(source.Schema, new ScoringColumns("Score", "Features"), model);
        var view = new ScoredDataView(
            ((IHostEnvironment)_context).Register("test"), source, schema, model, new ElsaExecutionOptions());
        Assert.HasCount(1_000, TestRows.Vectors(view));
        Assert.AreEqual(4, model.Runs);
    }

    [TestMethod, Complaint("Memory is allocated for every row")]
    public void Allocation_per_row_a_cursor_allocates_for_batches_and_not_for_rows()
    {
        using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()));
        var few = TestRows.Make(1_024);
        var many = TestRows.Make(9 * 1_024);
        Allocated(transformer, few);
        var rows = many.Length - few.Length;
        Assert.IsLessThan(BytesPerRow * rows, Allocated(transformer, many) - Allocated(transformer, few));
    }

    [TestMethod, Complaint("Memory is allocated for every row")]
    public void Allocation_per_row_a_prediction_engine_allocates_what_one_call_of_ONNX_Runtime_does()
    {
        using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()));
        using var engine = _context.Model.CreatePredictionEngine<TestRows.Row, TestRows.Prediction>(
            transformer, new PredictionEngineOptions { OwnsTransformer = false });
        var row = TestRows.Make(1)[0];
        var answer = engine.Predict(row);
        engine.Predict(row, ref answer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var call = 0; call < 1_000; call++) engine.Predict(row, ref answer);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.IsLessThan(BytesPerCall * 1_000, allocated);
    }

    long Allocated(ElsaTransformer transformer, TestRows.Row[] rows)
    {
        var view = transformer.Transform(_context.Data.LoadFromEnumerable(rows));
        var before = GC.GetTotalAllocatedBytes(precise: true);
        using var cursor = view.GetRowCursor([view.Schema["Score"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        VBuffer<float> score = default;
        while (cursor.MoveNext()) getter(ref score);
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }
}
