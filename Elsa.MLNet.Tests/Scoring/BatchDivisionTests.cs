using Elsa.MLNet.Data;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Data;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>Batches that are scored in parts, one by one or side by side.</summary>
[TestClass]
public sealed class BatchDivisionTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    [DataRow(256, 1, 1, 1)]
    [DataRow(256, 1, 64, 1)]
    [DataRow(256, 1, 65, 2)]
    [DataRow(256, 4, 256, 4)]
    [DataRow(1024, 4, 1024, 16)]
    [DataRow(256, 4, 3, 3)]
    [DataRow(15, 4, 15, 1)]
    [DataRow(1, 4, 1, 1)]
    public void Parts_have_at_most_64_rows_and_every_thread_has_one_if_batches_are_large(int batchSize, int threads, int rows, int parts) =>
        Assert.AreEqual(parts, BatchDivision.Of(batchSize, threads, rowBytes: 0).Parts(rows));

    [TestMethod]
    [DataRow(4 << 10, 64)]
    [DataRow(16 << 10, 32)]
    [DataRow(50_000, 10)]
    [DataRow(64 << 10, 8)]
    [DataRow(100 << 20, 8)]
    public void What_a_part_hands_on_fits_a_cache_if_eight_rows_do(int rowBytes, int rows)
    {
        var division = BatchDivision.Of(256, 1, rowBytes);
        Assert.AreEqual((256 + rows - 1) / rows, division.Parts(256));
        Assert.AreEqual(rows, division.RowsOfPart(256));
        Assert.AreEqual(3, division.RowsOfPart(3));
        Assert.AreEqual(256, BatchDivision.None.RowsOfPart(256));
    }

    [TestMethod]
    [DataRow(1, DataType.Float, 1e-5f)]
    [DataRow(3, DataType.Float, 1e-5f)]
    [DataRow(3, DataType.Float16, 2e-2f)]
    public void A_divided_batch_scores_as_ONNX_Runtime_whatever_the_number_of_rows(int threads, DataType type, float tolerance)
    {
        var execution = new ElsaExecutionOptions { BatchSize = 200, IntraOpNumThreads = threads };
        using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp(type: type)), execution);
        foreach (int count in new[] { 1, 2, 63, 64, 65, 199, 200, 201, 467 })
        {
            var scores = TestRows.Vectors(transformer.Transform(TestRows.View(_context, count)));
            var expected = new TestLevels(TestModels.Mlp()).Oracle(0, [.. TestRows.Make(count).Select(r => r.Features)], batch: 16);
            Assert.HasCount(count, scores);
            for (int i = 0; i < count; i++)
                TestRows.Close(expected[i], scores[i], tolerance);
        }
    }

    [TestMethod]
    public void What_fails_in_one_part_is_ONNX_Runtime_s_error_and_the_scorer_goes_on()
    {
        var sessions = new LevelSessions(
            _context, new TestLevels(TableLookUp()), new ElsaExecutionOptions { BatchSize = 256, IntraOpNumThreads = 3 }, "x", "y");
        using var model = new LevelModel(sessions, 0);
        using var scorer = model.Open(TestRows.Size, 256);
        var rows = (IRowValues<float>)scorer.Inputs(0);
        for (int row = 0; row < 256; row++)
            rows.Row(row).Fill(row % 4);
        rows.Row(200)[3] = 99;

        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() => scorer.Run(256));
        StringAssert.Contains(error.Message, "99");
        rows.Row(200)[3] = 1;
        scorer.Run(256);

        var scores = (IRowValues<float>)scorer.Outputs(0);
        for (int row = 0; row < 256; row++)
            Assert.AreEqual(row == 200 ? 10 : 10 * (row % 4), scores.Row(row)[3], $"row {row}");
    }

    [TestMethod]
    public void One_row_and_a_batch_share_a_session_where_one_thread_scores_both()
    {
        var network = TestModels.Model(
            [("x", ["N", 1, 64, 64])], [("y", ["N", 4, 64, 64])], DataType.Float, [TestModels.Node("Conv", ["x", "w"], "y")],
            [TestModels.Random("w", DataType.Float, 1, 4, 1, 1, 1)]);
        var sessions = new LevelSessions(_context, new TestLevels(network), new ElsaExecutionOptions { IntraOpNumThreads = 1 }, "x", "y");
        using var model = new LevelModel(sessions, 0);
        using var one = model.Open(64 * 64, 1);
        using var many = model.Open(64 * 64, 256);
        Assert.AreEqual(1, sessions.LoadedCount);
    }

    /// <summary>y = table[x], which fails where x is not a row of the table.</summary>
    private static ModelProto TableLookUp()
    {
        var table = new TensorProto { Name = "table", DataType = (int)DataType.Float, Dims = { 4 }, FloatData = { 0, 10, 20, 30 } };
        return TestModels.Model(
            [("x", ["N", TestRows.Size])], [("y", ["N", TestRows.Size])], DataType.Float,
            [
                TestModels.Node("Cast", ["x"], "index", TestModels.Attribute("to", (long)DataType.Int64)),
                TestModels.Node("Gather", ["table", "index"], "y"),
            ],
            [table]);
    }
}
