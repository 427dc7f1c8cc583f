using CsCheck;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class GemmGradientTests
{
    [TestMethod]
    public void Products_of_every_form_agree_with_finite_differences() => EveryForm((graph, output, _) =>
        GradientCheck.Holds(graph, [output]));

    [TestMethod]
    public void Products_of_every_form_agree_with_a_double_precision_gradient() => EveryForm((graph, output, form) =>
    {
        string[] trained = [.. graph.Values.Keys];
        var found = GradientCheck.Gradients(graph, [output], trained, out var weights);
        var a = DoubleMatrix.Of(graph.Values["x0"], form.ShapeA);
        var b = DoubleMatrix.Of(graph.Values["x1"], form.ShapeB);
        var gradient = DoubleMatrix.Of(weights[0], [form.M, form.N]);
        var (left, right) = (form.TransA ? a.Transposed() : a, form.TransB ? b.Transposed() : b);
        var byLeft = gradient.Times(right.Transposed(), form.Alpha);
        var byRight = left.Transposed().Times(gradient, form.Alpha);
        (form.TransA ? byLeft.Transposed() : byLeft).AssertNear(found["x0"]);
        (form.TransB ? byRight.Transposed() : byRight).AssertNear(found["x1"]);
        if (form.ShapeC is { } c) gradient.SummedTo(c, form.Beta).AssertNear(found["x2"]);
    });

    static void EveryForm(Action<TestGraph, string, Form> check)
    {
        var (size, factor) = (Gen.Long[1, 5], Gen.Float[0.3f, 2f]);
        Gen.Select(size, size, size, Gen.Int[0, 27], factor, factor).Sample((m, k, n, kind, alpha, beta) =>
        {
            long[]?[] shapesOfC = [null, [], [1], [n], [1, n], [m, 1], [m, n]];
            var form = new Form(m, k, n, kind % 2 == 1, kind / 2 % 2 == 1, alpha, beta, shapesOfC[kind / 4]);
            var graph = new TestGraph();
            List<string> inputs = [graph.Input(form.ShapeA), graph.Input(form.ShapeB)];
            if (form.ShapeC is { } c) inputs.Add(graph.Input(c));
            var output = graph.Node("Gemm", [.. inputs],
                NodeAttribute.Of("alpha", alpha), NodeAttribute.Of("beta", beta),
                NodeAttribute.Of("transA", form.TransA ? 1L : 0), NodeAttribute.Of("transB", form.TransB ? 1L : 0));
            check(graph, output, form);
        }, iter: 60, threads: 1);
    }

    [TestMethod]
    public void Attributes_that_are_missing_have_their_defaults()
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("Gemm", [graph.Input([2, 3]), graph.Input([3, 4]), graph.Input([4])])]);
    }

    [TestMethod]
    public void An_empty_name_is_an_absent_C()
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("Gemm", [graph.Input([2, 3]), graph.Input([3, 4]), ""])]);
    }

    sealed record Form(long M, long K, long N, bool TransA, bool TransB, float Alpha, float Beta, long[]? ShapeC)
    {
        public long[] ShapeA => TransA ? [K, M] : [M, K];

        public long[] ShapeB => TransB ? [N, K] : [K, N];
    }
}
