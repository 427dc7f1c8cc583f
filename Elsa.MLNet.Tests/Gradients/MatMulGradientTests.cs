using CsCheck;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class MatMulGradientTests
{
    [TestMethod]
    public void Products_of_random_shapes_agree_with_finite_differences()
    {
        var dimension = Gen.Int[1, 4];
        Gen.Select(Gen.Int[0, 7], dimension, dimension, dimension, dimension).Sample(
            (form, a, m, k, n) =>
            {
                var graph = new TestGraph();
                var (left, right) = Shapes(form, a, m, k, n);
                GradientCheck.Holds(graph, [graph.Node("MatMul", [graph.Input(left), graph.Input(right)])]);
            }, iter: 30, threads: 1);
    }

    static (long[], long[]) Shapes(int form, long a, long m, long k, long n) => form switch
    {
        0 => ([m, k], [k, n]),
        1 => ([a, m, k], [k, n]),
        2 => ([a, m, k], [a, k, n]),
        3 => ([m, k], [a, k, n]),
        4 => ([2, 1, m, k], [a, k, n]),
        5 => ([k], [k, n]),
        6 => ([a, m, k], [k]),
        _ => ([k], [k]),
    };
}
