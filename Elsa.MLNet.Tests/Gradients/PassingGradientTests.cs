using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Gradients;

/// <summary>Operators that pass the gradient as it is, or not at all.</summary>
[TestClass]
public sealed class PassingGradientTests
{
    [TestMethod]
    public void Identity_and_Dropout_pass_the_gradient()
    {
        var graph = new TestGraph();
        var kept = graph.Node("Dropout", [graph.Node("Identity", [graph.Input([2, 3])])]);
        GradientCheck.Holds(graph, [graph.Node("Dropout", [kept, graph.Numbers([0.5f]), Flag(graph, false)])]);
    }

    [TestMethod]
    public void Dropout_in_training_mode_is_an_error()
    {
        var graph = new TestGraph();
        var output = graph.Node("Dropout", [graph.Input([2, 3]), "", Flag(graph, true)]);
        GradientCheck.Fails(graph, output, "training_mode is true");
    }

    [TestMethod]
    public void Dropout_whose_mode_is_computed_is_an_error()
    {
        var graph = new TestGraph();
        var five = graph.Node("Reshape", [graph.Numbers([5]), graph.Wholes()]);
        var mode = graph.Node("Greater", [graph.Input([]), five]);
        var output = graph.Node("Dropout", [graph.Input([2, 3]), "", mode]);
        GradientCheck.Fails(graph, output, "computed from the data");
    }

    [TestMethod]
    public void Cast_between_floats_casts_the_gradient_back()
    {
        var graph = new TestGraph();
        var wide = graph.Node("Cast", [graph.Input([4])], NodeAttribute.Of("to", (long)DataType.Double));
        var product = graph.Node("CastLike", [graph.Node("Mul", [wide, wide]), graph.Input([1])]);
        GradientCheck.Holds(graph, [product], ["x0"]);
    }

    [TestMethod]
    public void Floats_of_16_bits_on_the_way_are_an_error()
    {
        var graph = new TestGraph();
        var half = graph.Node("Cast", [graph.Input([4])], NodeAttribute.Of("to", (long)DataType.Float16));
        var output = graph.Node("Cast", [half], NodeAttribute.Of("to", (long)DataType.Float));
        GradientCheck.Fails(graph, output, "16-bit");
    }

    [TestMethod]
    [DataRow("Floor")]
    [DataRow("Ceil")]
    [DataRow("Round")]
    [DataRow("Sign")]
    [DataRow("Cast")]
    public void Steps_pass_no_gradient_and_raise_no_error(string operatorType)
    {
        var graph = new TestGraph();
        var input = graph.Input([6], -3, 3);
        var step = operatorType == "Cast"
            ? Cast(Cast(input, DataType.Int32), DataType.Float)
            : graph.Node(operatorType, [input]);
        var output = graph.Node("Add", [step, input]);
        var gradient = GradientCheck.Gradients(graph, [output], [input], out var weights)[input];
        CollectionAssert.AreEqual(weights[0], gradient);

        string Cast(string value, DataType type) => graph.Node("Cast", [value], NodeAttribute.Of("to", (long)type));
    }

    [TestMethod]
    [DataRow("SplitToSequence")]
    [DataRow("SequenceConstruct")]
    public void A_sequence_of_tensors_on_the_way_is_an_error(string operatorType)
    {
        var graph = new TestGraph();
        var sequence = graph.Node(operatorType, [graph.Input([4, 2])]);
        var output = graph.Node("SequenceAt", [sequence, graph.Wholes(0)]);
        GradientCheck.Fails(graph, output, "SequenceAt");
    }

    [TestMethod]
    public void The_length_of_a_sequence_passes_no_gradient_and_raises_no_error()
    {
        var graph = new TestGraph();
        var input = graph.Input([4, 2]);
        var length = graph.Node("SequenceLength", [graph.Node("SplitToSequence", [input])]);
        var factor = graph.Node("Cast", [length], NodeAttribute.Of("to", (long)DataType.Float));
        GradientCheck.Holds(graph, [graph.Node("Mul", [input, factor])]);
    }

    static string Flag(TestGraph graph, bool value)
    {
        var tensor = new TensorProto
        {
            Name = "flag",
            DataType = (int)DataType.Bool,
            RawData = ByteString.CopyFrom(value ? (byte)1 : (byte)0),
        };
        graph.Graph.Initializer.Add(tensor);
        return tensor.Name;
    }
}
