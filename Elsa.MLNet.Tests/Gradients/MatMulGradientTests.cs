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

    [TestMethod]
    public void Products_agree_with_a_double_precision_gradient()
    {
        var dimension = Gen.Long[1, 16];
        Gen.Select(Gen.Bool, Gen.Long[1, 3], dimension, dimension, dimension).Sample((shared, batch, m, k, n) =>
        {
            var graph = new TestGraph();
            string[] inputs = [graph.Input([batch, m, k]), graph.Input(shared ? [k, n] : [batch, k, n])];
            var output = graph.Node("MatMul", inputs);
            var found = GradientCheck.Gradients(graph, [output], ["x0", "x1"], out var weights);
            var sum = DoubleMatrix.Of([], [k, n]);
            for (var index = 0; index < batch; index++)
            {
                var a = DoubleMatrix.Of(Slice(graph.Values["x0"], m * k), [m, k]);
                var b = DoubleMatrix.Of(Slice(graph.Values["x1"], shared ? 0 : k * n, k * n), [k, n]);
                var gradient = DoubleMatrix.Of(Slice(weights[0], m * n), [m, n]);
                gradient.Times(b.Transposed()).AssertNear(Slice(found["x0"], m * k));
                var byRight = a.Transposed().Times(gradient);
                if (!shared) byRight.AssertNear(Slice(found["x1"], k * n));
                sum = sum.Plus(byRight);

                ReadOnlySpan<float> Slice(float[] values, long stride, long length = 0) =>
                    values.AsSpan((int)(index * stride), (int)(length == 0 ? stride : length));
            }
            if (shared) sum.AssertNear(found["x1"]);
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
