using CsCheck;
using Elsa.MLNet.Onnx;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class ElementwiseGradientTests
{
    static readonly (long[] Left, long[] Right)[] Broadcasts =
        [([3, 4], [3, 4]), ([3, 4], [4]), ([2, 1, 4], [3, 1]), ([], [2, 3]), ([1, 5], [2, 1]), ([4], [])];

    [TestMethod]
    [DataRow("Add")]
    [DataRow("Sub")]
    [DataRow("Mul")]
    [DataRow("Div")]
    [DataRow("Pow")]
    [DataRow("Mean")]
    [DataRow("Sum")]
    public void Operators_of_two_values_agree_with_finite_differences_under_broadcasting(string operatorType)
    {
        foreach (var (left, right) in Broadcasts)
        {
            var graph = new TestGraph();
            string[] inputs = [graph.Input(left, 0.5, 2), graph.Input(right, 0.5, 2)];
            GradientCheck.Holds(graph, [graph.Node(operatorType, inputs)]);
        }
    }

    [TestMethod]
    [DataRow("Neg", -2, 2)]
    [DataRow("Sqrt", 0.2, 3)]
    [DataRow("Exp", -2, 2)]
    [DataRow("Log", 0.2, 3)]
    [DataRow("Reciprocal", 0.3, 2)]
    [DataRow("Reciprocal", -2, -0.3)]
    [DataRow("Sigmoid", -4, 4)]
    [DataRow("Tanh", -3, 3)]
    [DataRow("Erf", -2, 2)]
    [DataRow("Softplus", -4, 4)]
    [DataRow("Softsign", 0.1, 4)]
    [DataRow("Softsign", -4, -0.1)]
    [DataRow("Mish", -4, 4)]
    [DataRow("Sin", -4, 4)]
    [DataRow("Cos", -4, 4)]
    public void Smooth_functions_agree_with_finite_differences(string operatorType, double lowest, double highest) =>
        AnyShape.Sample(shape =>
        {
            var graph = new TestGraph();
            GradientCheck.Holds(graph, [graph.Node(operatorType, [graph.Input(shape, lowest, highest)])]);
        }, iter: 10, threads: 1);

    [TestMethod]
    [DataRow("Relu")]
    [DataRow("Abs")]
    [DataRow("LeakyRelu")]
    [DataRow("ThresholdedRelu")]
    [DataRow("Celu")]
    [DataRow("Elu")]
    [DataRow("Selu")]
    [DataRow("HardSigmoid")]
    [DataRow("HardSwish")]
    public void Functions_with_kinks_agree_with_finite_differences_between_them(string operatorType) =>
        AnyShape.Sample(shape =>
        {
            var graph = new TestGraph();
            GradientCheck.Holds(graph, [graph.Node(operatorType, [graph.DistinctInput(shape)])]);
        }, iter: 10, threads: 1);

    [TestMethod]
    public void Parameters_of_activations_are_read() =>
        Gen.Select(Gen.Float[0.1f, 0.9f], Gen.Float[0.3f, 2f]).Sample((alpha, gamma) =>
        {
            Check("LeakyRelu", NodeAttribute.Of("alpha", alpha));
            Check("LeakyRelu", NodeAttribute.Of("alpha", -alpha));
            Check("Elu", NodeAttribute.Of("alpha", gamma));
            Check("Celu", NodeAttribute.Of("alpha", gamma));
            Check("ThresholdedRelu", NodeAttribute.Of("alpha", 0f));
            Check("Selu", NodeAttribute.Of("alpha", alpha), NodeAttribute.Of("gamma", gamma));
            Check("HardSigmoid", NodeAttribute.Of("alpha", alpha), NodeAttribute.Of("beta", 0.5f));

            static void Check(string operatorType, params AttributeProto[] attributes)
            {
                var graph = new TestGraph();
                var input = graph.Input([12], draw: random => Away(random, operatorType == "HardSigmoid" ? 0.4f : 2));
                GradientCheck.Holds(graph, [graph.Node(operatorType, [input], attributes)], step: 5e-3);
            }
        }, iter: 5, threads: 1);

    [TestMethod]
    public void HardSwish_and_HardSigmoid_are_flat_beyond_their_kinks()
    {
        float[] points = [-5, -3.5f, -2, 0, 2, 3.5f, 5];
        foreach (var (operatorType, slopes) in new[]
        {
            ("HardSwish", new float[] { 0, 0, -2f / 3 + 0.5f, 0.5f, 2f / 3 + 0.5f, 1, 1 }),
            ("HardSigmoid", [0, 0, 0.2f, 0.2f, 0.2f, 0, 0]),
        })
        {
            var graph = new TestGraph();
            graph.Values[graph.Input([points.Length])] = points;
            var output = graph.Node(operatorType, ["x0"]);
            var gradient = GradientCheck.Gradients(graph, [output], ["x0"], out var w)["x0"];
            for (var index = 0; index < points.Length; index++)
                Assert.AreEqual(w[0][index] * slopes[index], gradient[index], 1e-6f,
                    $"{operatorType} at {points[index]}");
        }
    }

    [TestMethod]
    [DataRow("none")]
    [DataRow("tanh")]
    public void Gelu_agrees_with_finite_differences(string approximation) =>
        AnyShape.Sample(shape =>
        {
            var graph = new TestGraph(opset: 20);
            var approximate = NodeAttribute.Of("approximate", approximation);
            GradientCheck.Holds(graph, [graph.Node("Gelu", [graph.Input(shape, -3, 3)], approximate)]);
        }, iter: 10, threads: 1);

    [TestMethod]
    public void PRelu_trains_its_slope_however_it_is_broadcast()
    {
        foreach (var slope in new long[][] { [], [4], [3, 4], [3, 1], [2, 3, 4], [1, 1, 1] })
        {
            var graph = new TestGraph();
            GradientCheck.Holds(graph, [graph.Node("PRelu", [graph.DistinctInput(2, 3, 4), graph.Input(slope)])]);
        }
    }

    [TestMethod]
    [DataRow("Add,Sub,Mul,Div,Pow,Max,Min", 2)]
    [DataRow("Neg,Sqrt,Exp,Log,Abs,Reciprocal,Sigmoid,Tanh,Sin,Clip,Softmax,LogSoftmax,ReduceMean,ReduceSum," +
        "ReduceMax,ReduceMin,ReduceL1,ReduceL2,ReduceLogSum,ReduceSumSquare,ReduceLogSumExp", 1)]
    public void Rules_hold_for_double(string operatorTypes, int inputs)
    {
        foreach (var operatorType in operatorTypes.Split(','))
        {
            var graph = new TestGraph();
            string[] floats = [.. Enumerable.Range(0, inputs).Select(_ => graph.Input([2, 3], 0.5, 2))];
            var output = graph.Node(operatorType, floats.Select(name => Cast(name, DataType.Double)).ToArray());
            GradientCheck.Holds(graph, [Cast(output, DataType.Float)], step: 1e-3);

            string Cast(string value, DataType to) => graph.Node("Cast", [value], NodeAttribute.Of("to", (long)to));
        }
    }

    static Gen<long[]> AnyShape => Gen.Long[1, 4].Array[0, 3];

    static float Away(Random random, float reach) =>
        (random.Next(2) == 0 ? -1 : 1) * (0.1f + (reach - 0.1f) * random.NextSingle());
}
