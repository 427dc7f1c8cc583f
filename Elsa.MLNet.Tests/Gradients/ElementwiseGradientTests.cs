using CsCheck;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class ElementwiseGradientTests
{
    static readonly (long[] Left, long[] Right)[] Broadcasts =
        [([3, 4], [3, 4]), ([3, 4], [4]), ([2, 1, 4], [3, 1]), ([], [2, 3]), ([1, 5], [2, 1]), ([4], [])];

    [TestMethod]
    [DataRow("Add")]
    [DataRow("Mul")]
    public void Operators_of_two_values_agree_with_finite_differences_under_broadcasting(string operatorType)
    {
        foreach (var (left, right) in Broadcasts)
        {
            var graph = new TestGraph();
            GradientCheck.Holds(graph, [graph.Node(operatorType, [graph.Input(left), graph.Input(right)])]);
        }
    }

    [TestMethod]
    public void Relu_passes_the_gradient_where_its_output_is_positive()
    {
        Gen.Int[1, 40].Sample(count =>
        {
            var graph = new TestGraph();
            GradientCheck.Holds(graph, [graph.Node("Relu", [graph.DistinctInput(count)])]);
        }, iter: 10, threads: 1);
    }
}
