using Elsa.MLNet.Kernels;
using Elsa.MLNet.Operators;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Tests.Operators;

/// <summary>The way from a model to an operator in C#, and its simplest operator.</summary>
[TestClass]
public sealed class ElsaOperatorsTests
{
    public static IEnumerable<object[]> Sets => OperatorRun.InstructionSetsHere();

    [TestMethod]
    public void The_operators_run_in_this_process() => Assert.IsNull(ElsaOperators.Availability);

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void The_gradient_passes_where_Relu_was_positive(object set) => OperatorRun.With((InstructionSet)set, () =>
    {
        foreach (int length in new[] { 1, 15, 16, 33, 100_003 })
        {
            var (dy, y) = (OperatorRun.Draw(length, new Random(length)), OperatorRun.Draw(length, new Random(-length)));
            y[length / 2] = float.NaN;
            y[length / 3] = 0;
            using var run = new OperatorRun("ReluGradient", ["dy", "y"], ["dx"], 2);
            Assert.AreSequenceEqual(dy.Zip(y, (gradient, value) => value > 0 ? gradient : 0), run.Run((dy, [length]), (y, [length]))[0]);
        }
    });

    [TestMethod]
    public void Tensors_of_two_shapes_are_named()
    {
        using var run = new OperatorRun("ReluGradient", ["dy", "y"], ["dx"]);
        var error = Assert.ThrowsExactly<OnnxRuntimeException>(() => run.Run((new float[6], [2, 3]), (new float[6], [3, 2])));
        StringAssert.Contains(error.Message, "Input 'dy' has shape [2, 3]; it must have [3, 2], as y has.");
    }

    [TestMethod]
    public void An_empty_tensor_has_an_empty_gradient()
    {
        using var run = new OperatorRun("ReluGradient", ["dy", "y"], ["dx"]);
        Assert.IsEmpty(run.Run(([], [0, 3]), ([], [0, 3]))[0]);
    }
}
