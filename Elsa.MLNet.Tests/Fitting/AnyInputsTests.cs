using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Tests.Signatures;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>
/// Fitting without training takes what scoring takes. The oracle is the same network with one float32 input, whose values
/// the other inputs are put together to.
/// </summary>
[TestClass]
public sealed class AnyInputsTests
{
    const int Left = 5, Right = SmallNetwork.Inputs - Left;

    readonly MLContext _context = new(1);

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Several_inputs_give_the_parent_that_one_gives(bool normalized)
    {
        var network = SmallNetwork.Make(normalized);
        network.Graph.Input.Clear();
        network.Graph.Input.Add(TestModels.Value("left", DataType.Float, ["N", Left]));
        network.Graph.Input.Add(TestModels.Value("right", DataType.Float, ["N", Right]));
        network.Graph.Node.Insert(0, TestModels.Node("Concat", ["left", "right"], "x", TestModels.Attribute("axis", 1)));
        Same(Options(SmallNetwork.Make(normalized)), Options(network) with
        {
            InputColumnName = null,
            Inputs = [new("Last", "right"), new("First", "left")],
        });
    }

    [TestMethod]
    [DataRow("Integers", DataType.Int64)]
    [DataRow("Bytes", DataType.Float)]
    [DataRow("Bytes", DataType.Uint8)]
    [DataRow("Doubles", DataType.Double)]
    public void Columns_of_other_types_give_the_parent_that_Single_gives(string column, DataType type)
    {
        var network = SmallNetwork.Make(normalized: true);
        network.Graph.Input[0] = TestModels.Value("given", type, ["N", SmallNetwork.Inputs]);
        network.Graph.Node.Insert(0, TestModels.Node("Cast", ["given"], "x", TestModels.Attribute("to", (int)DataType.Float)));
        Same(Options(SmallNetwork.Make(normalized: true)), Options(network) with { InputColumnName = column });
    }

    [TestMethod]
    public void Texts_and_truth_values_are_held_like_numbers()
    {
        var network = SmallNetwork.Make();
        network.Graph.Input.Clear();
        network.Graph.Input.Add(TestModels.Value("features", DataType.Float, ["N", SmallNetwork.Inputs]));
        network.Graph.Input.Add(TestModels.Value("isLarge", DataType.Bool, ["N", 1]));
        network.Graph.Input.Add(TestModels.Value("name", DataType.String, ["N", 1]));
        network.Graph.Output.Add(TestModels.Value("same", DataType.String, ["N", 1]));
        network.Graph.Node.Insert(0, TestModels.Node("Identity", ["name"], "same"));
        network.Graph.Node.Insert(0, TestModels.Node("Where", ["isLarge", "features", "none"], "x"));
        network.Graph.Initializer.Add(new TensorProto { Name = "none", DataType = (int)DataType.Float, FloatData = { 0 } });
        var options = Options(network) with
        {
            InputColumnName = null,
            Inputs = [new("Features", "features"), new("IsLarge", "isLarge"), new("Name", "name")],
            Outputs = [new("Score", "y"), new("Same", "same") { IsScalar = true }],
        };
        using var elsa = _context.Transforms.ElsaSparsify(options).Fit(View());
        Assert.IsLessThan(1, elsa.Levels[1].Metrics["accuracy"]);
        var names = Typed.Values<ReadOnlyMemory<char>>(elsa.Transform(View()), "Same");
        Assert.AreSequenceEqual(Rows().Select(row => row.Name), names.Select(name => name.ToString()));
    }

    [TestMethod]
    public void A_language_model_is_fitted_on_token_indices()
    {
        var random = new Random(3);
        var rows = _context.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(_ =>
            new Text { Tokens = [.. Enumerable.Range(0, 16).Select(_ => (long)random.Next(40))] }).ToList());
        var options = new ElsaSparsifyOptions
        {
            OutputColumnName = "Logits",
            ModelFile = Shared.Require("models/arthur-transformer-lm.onnx"),
            Inputs = [new("Tokens", "input_ids")],
            OnnxOutputName = "logits",
            Sparsities = [0.3, 0.9],
        };
        using var model = _context.Transforms.CopyColumns("Copy", "Tokens").AppendElsaSparsify(_context, options).Fit(rows);
        var levels = model.LastTransformer.Levels;
        Assert.IsNotEmpty(model.LastTransformer.Parent.SideParameterNames);
        Assert.IsLessThan(levels[2].Metrics["relativeError"], levels[1].Metrics["relativeError"]);
    }

    [TestMethod]
    public void Training_on_other_inputs_is_refused_with_the_way_out()
    {
        var network = SmallNetwork.Make();
        network.Graph.Input[0] = TestModels.Value("given", DataType.Int64, ["N", SmallNetwork.Inputs]);
        network.Graph.Node.Insert(0, TestModels.Node("Cast", ["given"], "x", TestModels.Attribute("to", (int)DataType.Float)));
        var options = Options(network) with { InputColumnName = "Integers", Training = new ElsaTraining() };
        var error = Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ElsaSparsify(options).Fit(View()));
        Assert.StartsWith("Training feeds one float input from a column of Single, but this model is fed 'given' int64 [N, 12] from 'Integers', " +
            "which is Vector<Int64, 12>. Leave Training out", error.Message);
        var both = options with { Inputs = [new("Integers")] };
        Assert.StartsWith("Both Inputs and InputColumnName are given;",
            Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ElsaSparsify(both)).Message);
        var wrong = _context.Transforms.CopyColumns("Copy", "Features")
            .AppendElsaSparsify(_context, options with { Training = null, InputColumnName = "Features" });
        Assert.Contains("Allowed is a vector of Int64", Assert.ThrowsExactly<ArgumentException>(() => wrong.Fit(View())).Message);
    }

    void Same(ElsaSparsifyOptions one, ElsaSparsifyOptions other)
    {
        using var expected = _context.Transforms.CopyColumns("Copy", "Features").AppendElsaSparsify(_context, one).Fit(View());
        using var actual = _context.Transforms.CopyColumns("Copy", "Features").AppendElsaSparsify(_context, other).Fit(View());
        var (parent, others) = (expected.LastTransformer.Parent, actual.LastTransformer.Parent);
        Assert.IsNotEmpty(parent.SideParameterNames);
        Assert.AreSequenceEqual(parent.SideParameterNames, others.SideParameterNames);
        foreach (var level in parent.Levels)
        {
            Assert.AreSequenceEqual(level.Metrics, others.Levels[level.Index].Metrics);
            foreach (var name in parent.SideParameterNames)
                Assert.AreSequenceEqual(
                    parent.SideParameter(level.Index, name).ToArray(), others.SideParameter(level.Index, name).ToArray());
        }
        Assert.AreSequenceEqual(
            Data.TestRows.Vectors(expected.Transform(View())).SelectMany(row => row),
            Data.TestRows.Vectors(actual.Transform(View())).SelectMany(row => row));
    }

    static ElsaSparsifyOptions Options(ModelProto network) => new()
    {
        OutputColumnName = "Score",
        InputColumnName = "Features",
        LabelColumnName = "Label",
        ModelBytes = network.ToByteArray(),
        Sparsities = [0.5, 0.9],
        MaximumCalibrationRows = 300,
        MaximumEvaluationRows = 50,
    };

    IDataView View() => _context.Data.LoadFromEnumerable(Rows());

    static List<Row> Rows()
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, 600).Select(index =>
        {
            var bytes = new byte[SmallNetwork.Inputs];
            random.NextBytes(bytes);
            return new Row
            {
                Features = [.. bytes.Select(value => (float)value)],
                First = [.. bytes.Take(Left).Select(value => (float)value)],
                Last = [.. bytes.Skip(Left).Select(value => (float)value)],
                Integers = [.. bytes.Select(value => (long)value)],
                Doubles = [.. bytes.Select(value => (double)value)],
                Bytes = bytes,
                IsLarge = index % 3 > 0,
                Name = $"row {index}",
                Label = (uint)random.Next(SmallNetwork.Classes),
            };
        })];
    }

    internal sealed class Row
    {
        [VectorType(SmallNetwork.Inputs)]
        public float[] Features { get; set; } = [];
        [VectorType(Left)]
        public float[] First { get; set; } = [];
        [VectorType(Right)]
        public float[] Last { get; set; } = [];
        [VectorType(SmallNetwork.Inputs)]
        public long[] Integers { get; set; } = [];
        [VectorType(SmallNetwork.Inputs)]
        public double[] Doubles { get; set; } = [];
        [VectorType(SmallNetwork.Inputs)]
        public byte[] Bytes { get; set; } = [];
        public bool IsLarge { get; set; }
        public string Name { get; set; } = "";
        public uint Label { get; set; }
    }

    internal sealed class Text
    {
        [VectorType(16)]
        public long[] Tokens { get; set; } = [];
    }
}
