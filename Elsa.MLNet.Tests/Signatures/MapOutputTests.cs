using Elsa.MLNet.Tests.Complaints;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Signatures;

[TestClass]
public sealed class MapOutputTests
{
    private readonly MLContext _context = new(1);

    [TestMethod, Complaint("Outputs that are sequences or maps")]
    public void A_sequence_of_maps_is_what_ML_NETs_own_transformer_makes_of_it()
    {
        using var folder = new Datasets.TemporaryFolder();
        string path = folder.Write("maps.onnx", Google.Protobuf.MessageExtensions.ToByteArray(Typed.ZipMap(named: false)));
        var rows = _context.Data.LoadFromEnumerable(Enumerable.Range(0, 6).Select(i => new Stock { x = [i, 2, 3] }));
        using var stock = _context.Transforms.ApplyOnnxModel(["maps", "best"], ["x"], path).Fit(rows);
        using var ours = Typed.Transformer(_context, Typed.ZipMap(named: false), [new("maps"), new("best")], [new("x")]);

        var expected = stock.Transform(rows);
        var actual = ours.Transform(rows);

        Assert.AreEqual(expected.Schema["maps"].Type, actual.Schema["maps"].Type);
        var theirs = Typed.Values<IEnumerable<IDictionary<long, float>>>(expected, "maps");
        var maps = Typed.Values<IEnumerable<IDictionary<long, float>>>(actual, "maps");
        Assert.HasCount(6, maps);
        for (int row = 0; row < 6; row++)
            CollectionAssert.AreEqual(theirs[row].Single().OrderBy(p => p.Key).ToArray(), maps[row].Single().OrderBy(p => p.Key).ToArray());
        CollectionAssert.AreEqual(
            Typed.Vectors<long>(expected, "best").Select(v => v[0]).ToArray(), Typed.Vectors<long>(actual, "best").Select(v => v[0]).ToArray());
    }

    [TestMethod, Complaint("Outputs that are sequences or maps")]
    public void A_prediction_engine_and_an_enumerable_read_maps_with_text_keys()
    {
        using var transformer = Typed.Transformer(_context, Typed.ZipMap(named: true), [new("Classes", "maps")], [new("x")]);
        using var engine = _context.Model.CreatePredictionEngine<Stock, Named>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        var predicted = engine.Predict(new Stock { x = [0.25f, 0.5f, 1] }).Classes.Single();
        Assert.AreEqual(0.25f, predicted["low"]);
        Assert.AreEqual(1f, predicted["high"]);
        var view = transformer.Transform(_context.Data.LoadFromEnumerable(Enumerable.Range(0, 9).Select(i => new Stock { x = [i, 0, 0] })));
        var all = _context.Data.CreateEnumerable<Named>(view, reuseRowObject: false).ToArray();
        CollectionAssert.AreEqual(
            Enumerable.Range(0, 9).Select(i => (float)i).ToArray(), all.Select(row => row.Classes.Single()["low"]).ToArray());
    }

    [TestMethod]
    public void Maps_go_row_by_row_and_the_log_says_why_while_a_tensor_of_the_same_model_goes_in_batches()
    {
        var messages = new List<string>();
        _context.Log += (_, e) => messages.Add(e.Message);
        var rows = _context.Data.LoadFromEnumerable(Enumerable.Range(0, 3).Select(i => new Stock { x = [i, 2, 3] }));
        using var maps = Typed.Transformer(_context, Typed.ZipMap(named: false), [new("maps")], [new("x")]);
        Typed.Values<IEnumerable<IDictionary<long, float>>>(maps.Transform(rows), "maps");
        Assert.IsTrue(messages.Any(m => m.Contains("scores row by row, because the output 'maps'") && m.Contains("holds what belongs to all rows of a run")), string.Join("\n", messages));
        messages.Clear();
        using var best = Typed.Transformer(_context, Typed.ZipMap(named: false), [new("best") { IsScalar = true }], [new("x")]);
        CollectionAssert.AreEqual(new long[] { 2, 2, 2 }, Typed.Values<long>(best.Transform(rows), "best"));
        Assert.IsTrue(messages.Any(m => m.Contains("scores batches of up to 4 rows")), string.Join("\n", messages));
    }

    [TestMethod]
    public void Kinds_of_output_that_no_column_holds_are_refused()
    {
        var model = Typed.Identity(DataType.Float, "N", 3);
        model.Graph.Output[0].Type = new TypeProto
        {
            SequenceType = new TypeProto.Types.Sequence { ElemType = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } } },
        };
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Typed.Transformer(_context, model, [new("y")], [new("x")])).Message,
            "cannot be scored. Allowed element types are float, float16, double, integers, bool and string; an output may also be a map or a sequence of maps.");
    }

    internal sealed class Stock
    {
        [VectorType(3)]
        public float[] x { get; set; } = [];
    }

    internal sealed class Named
    {
        [OnnxSequenceType(typeof(IDictionary<string, float>))]
        public IEnumerable<IDictionary<string, float>> Classes { get; set; } = [];
    }
}
