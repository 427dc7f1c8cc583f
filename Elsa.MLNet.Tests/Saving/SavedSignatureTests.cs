using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Tests.Signatures;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Saving;

/// <summary>Transformers with any signature go through a model file.</summary>
[TestClass]
public sealed class SavedSignatureTests
{
    readonly MLContext _context = new(1);

    [TestMethod]
    public void Several_columns_given_dimensions_scalars_and_slot_names_come_back()
    {
        var rows = _context.Data.LoadFromEnumerable(Enumerable.Range(0, 9).Select(row => new Row { Id = row, Left = [row, 1, -row] }).ToList());
        using var model = Estimator().Fit(rows);
        using var file = new MemoryStream();
        _context.Model.Save(model, rows.Schema, file);
        file.Position = 0;
        var loaded = new MLContext(2).Model.Load(file, out _);
        using var disposable = (IDisposable)loaded;

        var (before, after) = (model.Transform(rows), loaded.Transform(rows));
        Assert.AreSequenceEqual(before.Schema.Select(column => $"{column.Name} {column.Type}"), after.Schema.Select(column => $"{column.Name} {column.Type}"));
        Assert.AreEqual(NumberDataViewType.Int64, after.Schema["Which"].Type);
        Assert.AreSequenceEqual(Typed.Values<long>(before, "Which"), Typed.Values<long>(after, "Which"));
        foreach (var (expected, actual) in Typed.Vectors<float>(before, "Scores").Zip(Typed.Vectors<float>(after, "Scores")))
            Assert.AreSequenceEqual(expected, actual);
        VBuffer<ReadOnlyMemory<char>> names = default;
        after.Schema["Scores"].GetSlotNames(ref names);
        Assert.AreSequenceEqual(["ham", "spam"], names.DenseValues().Select(name => name.ToString()));
    }

    [TestMethod]
    public void A_portable_file_of_several_columns_is_refused_with_what_it_can_hold()
    {
        var rows = _context.Data.LoadFromEnumerable(new[] { new Row() });
        using var model = Estimator().Fit(rows);
        using var portable = model.WithSaveFormat(ElsaSaveFormat.Portable);
        var failure = Assert.Throws<InvalidOperationException>(() => _context.Model.Save(portable, rows.Schema, new MemoryStream()));
        Assert.Contains("from one column of floating-point values to one vector of them", failure.GetBaseException().Message);
    }

    ElsaScoringEstimator Estimator()
    {
        var model = Typed.Model(
            [TestModels.Value("a", DataType.Float, ["N", "size"]), TestModels.Value("ids", DataType.Int64, ["N", 1])],
            [TestModels.Value("y", DataType.Float, ["N", 2]), TestModels.Value("same", DataType.Int64, ["N", 1])],
            [TestModels.Node("MatMul", ["a", "w"], "y"), TestModels.Node("Identity", ["ids"], "same")],
            TestModels.Random("w", DataType.Float, 1, 3, 2));
        return _context.Transforms.ApplyElsaModel(new ElsaScoringOptions
        {
            Parent = TestParents.Of(model),
            Level = "s50",
            Outputs = [new("Scores", "y") { SlotNames = ["ham", "spam"] }, new("Which", "same") { IsScalar = true }],
            Inputs = [new("Left", "a") { Dimensions = [3] }, new("Id", "ids")],
        });
    }

    sealed class Row
    {
        public long Id { get; set; }

        [VectorType(3)] public float[] Left { get; set; } = [1, 2, 3];
    }
}
