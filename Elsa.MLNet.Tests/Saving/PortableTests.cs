using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Saving;

/// <summary>What ML.NET's own OnnxTransformer makes of a portable file.</summary>
[TestClass]
public sealed class PortableTests
{
    const int Inputs = SmallNetwork.Inputs;

    // ONNX Runtime computes float16 in float32 where it may, and then leaves out rounding between the two.
    const float HalfTolerance = 4e-3f;

    [TestMethod]
    [DataRow(DataType.Float, "N")]
    [DataRow(DataType.Float, 1)]
    [DataRow(DataType.Double, "N")]
    [DataRow(DataType.Double, 1)]
    public void Element_types_and_batches_that_we_score_are_scored_by_stock(DataType type, object batch) =>
        ScoresAsOurs(TestModels.Mlp(Inputs, type: type, batch: batch), "Score");

    [TestMethod]
    public void A_float16_model_scores_within_the_rounding_of_float16() =>
        ScoresAsOurs(TestModels.Mlp(Inputs, type: DataType.Float16), "Score", tolerance: HalfTolerance);

    [TestMethod]
    public void Columns_may_be_named_as_values_inside_the_model()
    {
        ScoresAsOurs(TestModels.Mlp(Inputs), "h");
        ScoresAsOurs(TestModels.Mlp(Inputs), "w1");
        ScoresAsOurs(TestModels.Mlp(Inputs), "x");
        ScoresAsOurs(TestModels.Mlp(Inputs), "y");
    }

    [TestMethod]
    public void The_score_may_replace_the_scored_column() => ScoresAsOurs(TestModels.Mlp(Inputs), "Features");

    [TestMethod]
    public void Initializers_may_be_listed_as_inputs()
    {
        var model = TestModels.Mlp(Inputs, type: DataType.Float16);
        model.IrVersion = 3;
        foreach (var tensor in model.Graph.Initializer)
            model.Graph.Input.Insert(0, TestModels.Value(tensor.Name, DataType.Float16, [.. tensor.Dims.Select(size => (object)(int)size)]));
        ScoresAsOurs(model, "Score", tolerance: HalfTolerance);
    }

    [TestMethod]
    public void Only_the_chosen_output_is_in_the_file()
    {
        var model = TestModels.Mlp(Inputs);
        model.Graph.Output.Add(TestModels.Value("h", DataType.Float, ["N", 8]));
        ScoresAsOurs(model, "Score", output: "y");
        ScoresAsOurs(model, "Score", output: "h");
    }

    [TestMethod]
    public void Names_in_branches_are_kept_apart_from_columns()
    {
        // "Features" is made outside and used inside a branch.
        var branch = new GraphProto { Name = "branch" };
        branch.Node.Add(TestModels.Node("Relu", ["Features"], "Score"));
        branch.Output.Add(TestModels.Value("Score", DataType.Float, null));
        var other = new GraphProto { Name = "other" };
        other.Node.Add(TestModels.Node("Neg", ["Features"], "negative"));
        other.Output.Add(TestModels.Value("negative", DataType.Float, null));
        var choice = TestModels.Node("If", ["yes"], "y");
        choice.Attribute.Add(new AttributeProto { Name = "then_branch", Type = AttributeProto.Types.AttributeType.Graph, G = branch });
        choice.Attribute.Add(new AttributeProto { Name = "else_branch", Type = AttributeProto.Types.AttributeType.Graph, G = other });
        var model = TestModels.Model([("x", ["N", Inputs])], [("y", ["N", 3])], DataType.Float,
            [TestModels.Node("MatMul", ["x", "w"], "Features"), choice],
            [
                TestModels.Random("w", DataType.Float, 1, Inputs, 3),
                new TensorProto { Name = "yes", DataType = (int)DataType.Bool, RawData = Google.Protobuf.ByteString.CopyFrom(1) },
            ]);
        ScoresAsOurs(model, "Score");
    }

    [TestMethod]
    [DataRow("Score.output", "ML.NET's OnnxTransformer would name the output column 'Score' instead of 'Score.output', because it takes '.output' off.")]
    public void A_column_that_stock_would_rename_is_refused(string column, string message)
    {
        var error = Refused(TestModels.Mlp(Inputs), column);
        Assert.StartsWith(message, error.Message);
        Assert.EndsWith("or save with ElsaSaveFormat.Native.", error.Message);
    }

    [TestMethod]
    public void A_shape_that_stock_would_guess_is_refused()
    {
        var model = TestModels.Mlp(Inputs, outputShape: ["N", "classes"]);
        Assert.StartsWith("The model's 'y' float [N, classes] does not declare how many values a row has", Refused(model, "Score").Message);
    }

    static InvalidOperationException Refused(ModelProto dense, string column)
    {
        using var saved = new SavedModels(dense);
        using var elsa = saved.Context.Transforms.ApplyElsaModel(column, "Features", saved.Parent).Fit(saved.View);
        using var portable = elsa.WithSaveFormat(ElsaSaveFormat.Portable);
        var error = Assert.Throws<Exception>(() => saved.Save(portable)).GetBaseException();
        Assert.IsInstanceOfType<InvalidOperationException>(error);
        return (InvalidOperationException)error;
    }

    static void ScoresAsOurs(ModelProto dense, string column, string? output = null, float tolerance = 0)
    {
        using var saved = new SavedModels(dense);
        // ML.NET scores row by row, so a batch of one is what its bits are compared with.
        using var elsa = saved.Context.Transforms
            .ApplyElsaModel(column, "Features", saved.Parent, "s50", new ElsaExecutionOptions { BatchSize = 1, SparseKernels = ElsaSparseKernels.Off }, output).Fit(saved.View);
        using var portable = elsa.WithSaveFormat(ElsaSaveFormat.Portable);
        using var loaded = (OnnxTransformer)saved.Context.Model.Load(saved.Save(portable), out _);
        var (ours, stock) = (Scores(elsa), Scores(loaded));
        Assert.HasCount(ours.Length, stock);
        for (var index = 0; index < ours.Length; index++) Assert.AreEqual(ours[index], stock[index], tolerance);

        float[] Scores(ITransformer model) => [.. model.Transform(saved.View).GetColumn<float[]>(column).SelectMany(row => row)];
    }
}
