using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Microsoft.ML;
using Onnx;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
public sealed class BadUseTests
{
    readonly MLContext _context = new(1);

    static ElsaSparsifyOptions Options => new()
    {
        OutputColumnName = "Score",
        InputColumnName = "Features",
        ModelBytes = SmallNetwork.Make().ToByteArray(),
    };

    void Throws<T>(ElsaSparsifyOptions options, params string[] parts) where T : Exception
    {
        var error = Assert.Throws<T>(() => _context.Transforms.ElsaSparsify(options).Fit(SmallNetwork.Rows(_context, 50)));
        foreach (var part in parts) StringAssert.Contains(error.Message, part);
    }

    [TestMethod]
    [DataRow(new[] { 0.0, 0.5 }, "Sparsities[0] is 0")]
    [DataRow(new[] { 0.5, 1.0 }, "Sparsities[1] is 1")]
    [DataRow(new[] { double.NaN }, "Sparsities[0] is NaN")]
    [DataRow(new[] { 0.9, 0.5 }, "Sparsities[1] is 0.5 after 0.9")]
    [DataRow(new[] { 0.5, 0.5 }, "increasing order, each once")]
    [DataRow(new[] { 0.5, 0.90011, 0.9001100001 }, "Sparsities[1] and [2] are 0.90011 and 0.9001100001, which both name the level 's90.011'")]
    [DataRow(new double[0], "allowed are 1 to 63")]
    public void Sparsities_outside_0_to_1_or_not_increasing_are_refused(double[] sparsities, string part) =>
        Throws<ArgumentException>(Options with { Sparsities = sparsities }, part);

    [TestMethod]
    public void A_label_that_is_needed_or_named_must_exist()
    {
        Throws<ArgumentException>(Options with { Metric = ElsaMetric.Accuracy }, "LabelColumnName is not set", "ElsaMetric.Agreement");
        Throws<ArgumentException>(Options with { LabelColumnName = "Truth" }, "no label column 'Truth'", "Features, Label");
    }

    [TestMethod]
    public void A_model_without_maskable_weights_is_refused_with_its_operators()
    {
        var model = SmallNetwork.Make();
        model.Graph.Node.Clear();
        model.Graph.Node.Add(new NodeProto { OpType = "Relu", Input = { "x" }, Output = { "y" } });
        Throws<ArgumentException>(Options with { ModelBytes = model.ToByteArray() }, "no maskable weight", "Relu", "Conv, ConvTranspose, Gemm and MatMul");
    }

    [TestMethod]
    public void Columns_that_are_missing_of_the_wrong_size_or_taken_are_refused()
    {
        Throws<ArgumentException>(Options with { InputColumnName = "Pixels" }, "no column 'Pixels'");
        Throws<ArgumentException>(Options with { OutputColumnName = "Label" }, "'Label' exists already");
        var wrong = SmallNetwork.Make();
        wrong.Graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = 13;
        wrong.Graph.Initializer[0].Dims[0] = 13;
        wrong.Graph.Initializer[0].RawData = ByteString.CopyFrom(new byte[13 * SmallNetwork.Hidden * 4]);
        Throws<ArgumentException>(Options with { ModelBytes = wrong.ToByteArray() }, "13 values per row");
    }

    [TestMethod]
    public void No_model_two_models_a_broken_model_and_a_parent_are_refused()
    {
        Throws<ArgumentException>(Options with { ModelBytes = default }, "set ModelFile or ModelBytes");
        Throws<ArgumentException>(Options with { ModelFile = "dense.onnx" }, "Both");
        Throws<ArgumentException>(Options with { ModelBytes = default, ModelFile = "" }, "ModelFile is empty");
        Throws<ParentFormatException>(Options with { ModelBytes = new byte[] { 1, 2, 3 } }, "not an ONNX model");
        using var elsa = _context.Transforms.ElsaSparsify(Options).Fit(SmallNetwork.Rows(_context, 50));
        Throws<ParentFormatException>(Options with { ModelBytes = elsa.Parent.ToBytes() }, "a parent already");
    }

    [TestMethod]
    public void An_unknown_level_is_refused_with_those_there_are()
    {
        using var elsa = _context.Transforms.ElsaSparsify(Options).Fit(SmallNetwork.Rows(_context, 50));
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => elsa.WithLevel("s99")).Message, "dense, s50, s80, s90, s95");
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => elsa.Parent.Level("s99")).Message, "dense, s50, s80, s90, s95");
        Assert.Throws<ArgumentOutOfRangeException>(() => elsa.Parent.Extract(5));
    }

    [TestMethod]
    public void Data_without_rows_and_weights_that_are_not_finite_are_refused()
    {
        StringAssert.Contains(Assert.Throws<ArgumentException>(() =>
            _context.Transforms.ElsaSparsify(Options).Fit(SmallNetwork.Rows(_context, 0))).Message, "no rows");
        var model = SmallNetwork.Make();
        model.Graph.Initializer[0].RawData = ByteString.CopyFrom([.. new byte[] { 0, 0, 192, 127 }, .. model.Graph.Initializer[0].RawData.Span[4..]]);
        Throws<ArgumentException>(Options with { ModelBytes = model.ToByteArray() }, "Weight 0 of 'w1' is not a finite number");
    }

    [TestMethod]
    public void Fractions_and_row_limits_out_of_range_are_refused()
    {
        Throws<ArgumentException>(Options with { HoldOutFraction = 1 }, "HoldOutFraction is 1");
        Throws<ArgumentException>(Options with { MaximumCalibrationRows = 0 }, "MaximumCalibrationRows is 0");
        Throws<ArgumentException>(Options with { MaximumEvaluationRows = 0 }, "MaximumEvaluationRows is 0");
    }
}
