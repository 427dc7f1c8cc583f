using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Training;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Which unmasked parameters train along.</summary>
[TestClass]
public sealed class SideParameterFinderTests
{
    [TestMethod]
    [DataRow("Conv", "0 0 1", "p2")]
    [DataRow("ConvTranspose", "0 0 1", "p2")]
    [DataRow("Gemm", "0 0 1", "p2")]
    [DataRow("BatchNormalization", "0 1 1 1 1", "p1 p2")]
    [DataRow("LayerNormalization", "0 1 1", "p1 p2")]
    [DataRow("InstanceNormalization", "0 1 1", "p1 p2")]
    [DataRow("GroupNormalization", "0 1 1", "p1 p2")]
    [DataRow("PRelu", "0 1", "p1")]
    [DataRow("Add", "0 1", "p1")]
    [DataRow("Mul", "1 0", "p0")]
    [DataRow("Sub", "0 1", "")]
    [DataRow("Div", "0 1", "")]
    [DataRow("Conv", "0 0", "")]
    public void Biases_scales_shifts_and_slopes_are_found(string type, string inputs, string expected)
    {
        string[] names = [.. inputs.Split(' ').Select((kind, index) => (kind == "1" ? "p" : "d") + index)];
        var model = Model([TestModels.Node(type, names, "y")],
            [.. names.Where(name => name[0] == 'p').Select(name => Vector(name, 4))]);
        Assert.AreEqual(expected, string.Join(' ', SideParameterFinder.Find(model, new HashSet<string>())));
    }

    [TestMethod]
    public void They_come_once_in_the_order_of_their_first_use() =>
        Assert.AreSequenceEqual(["late", "early"], SideParameterFinder.Find(
        Model([TestModels.Node("Add", ["x", "late"], "a"), TestModels.Node("Add", ["a", "early"], "b"),
            TestModels.Node("Mul", ["b", "late"], "y")],
            Vector("early", 4), Vector("late", 4)), new HashSet<string>()));

    [TestMethod]
    public void A_single_number_and_a_matrix_are_constants_of_the_formula() => Assert.IsEmpty(SideParameterFinder.Find(
        Model([TestModels.Node("Add", ["x", "number"], "a"), TestModels.Node("Mul", ["a", "matrix"], "b"),
            TestModels.Node("Add", ["b", "one"], "y")],
            Vector("number"), Vector("matrix", 4, 4), Vector("one", 1)), new HashSet<string>()));

    [TestMethod]
    public void A_vector_may_have_axes_of_1_around_it() => Assert.AreSequenceEqual(["bias"], SideParameterFinder.Find(
        Model([TestModels.Node("Add", ["x", "bias"], "y")], Vector("bias", 1, 4, 1, 1)), new HashSet<string>()));

    [TestMethod]
    public void Masked_weights_other_types_and_outputs_are_left_out()
    {
        var graph = Model([TestModels.Node("Add", ["x", "masked"], "a"), TestModels.Node("Add", ["a", "half"], "b"),
            TestModels.Node("Add", ["b", "shown"], "y")],
            Vector("masked", 4), TestModels.Random("half", DataType.Float16, 1, 4), Vector("shown", 4));
        graph.Output.Add(TestModels.Value("shown", DataType.Float, [4]));
        Assert.IsEmpty(SideParameterFinder.Find(graph, new HashSet<string> { "masked" }));
    }

    [TestMethod]
    public void Operators_of_other_domains_are_unknown()
    {
        var graph = Model([TestModels.Node("Add", ["x", "bias"], "y")], Vector("bias", 4));
        graph.Node[0].Domain = "com.example";
        Assert.IsEmpty(SideParameterFinder.Find(graph, new HashSet<string>()));
    }

    static GraphProto Model(NodeProto[] nodes, params TensorProto[] tensors) =>
        TestModels.Model([("x", ["N", 4])], [("y", null)], DataType.Float, nodes, tensors).Graph;

    static TensorProto Vector(string name, params int[] shape) => TestModels.Random(name, DataType.Float, 1, shape);
}
