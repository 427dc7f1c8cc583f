using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Training;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Tests.Gradients;

/// <summary>
/// Compares a gradient graph with directional finite differences of the forward graph, both run by ONNX Runtime: with a
/// random weighting r of the output y, L = sum r y, and a direction u, (L(x + h u) - L(x - h u)) / 2h is u . dL/dx.
/// </summary>
static class GradientCheck
{
    /// <summary>The newest opset that ONNX Runtime 1.31 runs.</summary>
    public const int NewestOpset = 26;

    /// <summary>
    /// Asserts that they agree for all inputs of the graph, or for those named; a graph of the oldest opset that rules read is
    /// checked as one of the newest too.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="outputs">Values that lead to the loss.</param>
    /// <param name="trained">Inputs to differentiate by; all if null.</param>
    /// <param name="step">h for values of order 1.</param>
    /// <param name="tolerance">Relative error allowed.</param>
    /// <param name="prepare">Changes the forward graph, once its shapes are known; nothing if null.</param>
    /// <param name="newestToo">Whether the newest opset is checked too, in which the operator has the same form.</param>
    public static void Holds(TestGraph graph, string[] outputs, string[]? trained = null, double step = 1e-2, double tolerance = 1e-2,
        Action<GraphProto, Dictionary<string, ValueShape>>? prepare = null, bool newestToo = true)
    {
        HoldsAtItsOpset(graph, outputs, trained, step, tolerance, prepare);
        if (!newestToo || graph.Opset != GraphBuilder.MinimumOpset) return;
        graph.Opset = NewestOpset;
        HoldsAtItsOpset(graph, outputs, trained, step, tolerance, prepare);
        graph.Opset = GraphBuilder.MinimumOpset;
    }

    static void HoldsAtItsOpset(TestGraph graph, string[] outputs, string[]? trained, double step, double tolerance,
        Action<GraphProto, Dictionary<string, ValueShape>>? prepare)
    {
        trained ??= [.. graph.Values.Keys];
        var gradients = Gradients(graph, outputs, trained, out var weights, prepare: prepare);
        using var forward = new Runner(Forward(graph, prepare), outputs);
        for (var trial = 0; trial < 2; trial++)
        {
            var direction = trained.ToDictionary(name => name, name => Direction(gradients[name], graph.Random));
            var expected = (Loss(step) - Loss(-step)) / (2 * step);
            var found = trained.Sum(name => direction[name].Zip(gradients[name], (u, g) => (double)u * g).Sum());
            var scale = Math.Max(Math.Abs(expected), 1e-3);
            // Not IsLessThan, which holds for what is not a number.
            Assert.IsTrue(Math.Abs(found - expected) / scale < tolerance,
                $"{graph.Graph.Node.Last().OpType}: directional derivative {found}, finite difference {expected}.");

            double Loss(double h)
            {
                var moved = graph.Values.ToDictionary(pair => pair.Key, pair => direction.TryGetValue(pair.Key, out var u)
                    ? pair.Value.Zip(u, (x, d) => (float)(x + h * d)).ToArray() : pair.Value);
                return forward.Run(moved).Zip(weights, (y, r) => y.Zip(r, (a, b) => (double)a * b).Sum()).Sum();
            }
        }
    }

    /// <summary>
    /// The gradients of sum r y by the trained inputs, where r, the weights, is drawn from the graph's seed. Operators of
    /// ours are expanded into standard ONNX, or run themselves if not to lower.
    /// </summary>
    public static Dictionary<string, float[]> Gradients(TestGraph graph, string[] outputs, string[] trained, out float[][] weights,
        bool lower = true, Action<GraphProto, Dictionary<string, ValueShape>>? prepare = null)
    {
        var model = graph.Model();
        var shapes = ShapeProbe.Run(model);
        StaticValues.Fold(model.Graph, shapes.Constants);
        prepare?.Invoke(model.Graph, shapes.Shapes);
        weights = [.. outputs.Select(output => Enumerable.Range(0, (int)shapes.Shapes[output].Count).Select(_ => 2 * graph.Random.NextSingle() - 1).ToArray())];
        var builder = new GraphBuilder(model.Graph, "loss/");
        var seeds = new Dictionary<string, string>();
        for (var index = 0; index < outputs.Length; index++)
            seeds.Add(outputs[index], builder.Numbers(weights[index], shapes.Shapes[outputs[index]].Dimensions));
        var found = Differentiation.Apply(model.Graph, shapes.Shapes, seeds, trained);
        Lowering.Apply(model.Graph, shapes.Shapes, _ => !lower);
        foreach (var name in trained) Assert.IsTrue(found.ContainsKey(name), $"'{name}' has no gradient.");
        using var runner = new Runner(model, [.. trained.Select(name => found[name])]);
        var values = runner.Run(graph.Values);
        for (var index = 0; index < trained.Length; index++)
            Assert.HasCount(graph.Values[trained[index]].Length, values[index], $"Shape of the gradient of '{trained[index]}'.");
        return trained.Select((name, index) => (name, values[index])).ToDictionary(pair => pair.name, pair => pair.Item2);
    }

    /// <summary>Asserts that no gradient can be made, and what the error says.</summary>
    public static void Fails(TestGraph graph, string output, string message)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(
            () => Gradients(graph, [output], [.. graph.Values.Keys], out _));
        StringAssert.Contains(error.Message, message, StringComparison.Ordinal);
    }

    /// <summary>Asserts that the value has no gradient by the inputs named, and gives the error's message. Nothing runs.</summary>
    public static string Refuses(TestGraph graph, string output, long[] dimensions, params string[] trained)
    {
        var shapes = graph.Graph.Input.ToDictionary(input => input.Name, input => new ValueShape(TensorProto.Types.DataType.Float,
            [.. input.Type.TensorType.Shape.Dim.Select(dimension => dimension.DimValue)]));
        foreach (var tensor in graph.Graph.Initializer)
            shapes.Add(tensor.Name, new ValueShape((TensorProto.Types.DataType)tensor.DataType, [.. tensor.Dims]));
        shapes.Add(output, new ValueShape(TensorProto.Types.DataType.Float, dimensions));
        var seeds = new Dictionary<string, string> { [output] = "seed" };
        return Assert.ThrowsExactly<NotSupportedException>(() => Differentiation.Apply(graph.Graph, shapes, seeds, trained)).Message;
    }

    static ModelProto Forward(TestGraph graph, Action<GraphProto, Dictionary<string, ValueShape>>? prepare)
    {
        var model = graph.Model();
        if (prepare is null) return model;
        var shapes = ShapeProbe.Run(model).Shapes;
        prepare(model.Graph, shapes);
        Lowering.Apply(model.Graph, shapes, _ => false);
        return model;
    }

    static float[] Direction(float[] gradient, Random random)
    {
        // Half along the gradient, so that the difference is large against rounding; half random, so that nothing hides.
        var u = gradient.Select(_ => 2 * random.NextSingle() - 1).ToArray();
        var norm = Math.Sqrt(gradient.Sum(g => (double)g * g));
        var length = Math.Sqrt(u.Sum(v => (double)v * v));
        return [.. u.Zip(gradient, (v, g) => (float)((v + (norm > 0 ? length * g / norm : 0)) / Math.Max(1, Math.Sqrt(u.Length))))];
    }

    /// <summary>A session over a model with chosen outputs.</summary>
    public sealed class Runner : IDisposable
    {
        readonly InferenceSession _session;
        readonly ModelProto _model;
        readonly string[] _outputs;

        public Runner(ModelProto model, string[] outputs)
        {
            _model = model.Clone();
            _outputs = outputs;
            _model.Graph.Output.Clear();
            foreach (var output in outputs.Distinct()) _model.Graph.Output.Add(new ValueInfoProto { Name = output });
            _session = SessionOpening.Open(_model, new ElsaExecutionOptions { IntraOpNumThreads = 1 });
        }

        public float[][] Run(IReadOnlyDictionary<string, float[]> values)
        {
            var inputs = _model.Graph.Input.Where(input => values.ContainsKey(input.Name)).ToList();
            var tensors = inputs.Select(input => OrtValue.CreateTensorValueFromMemory(values[input.Name],
                [.. input.Type.TensorType.Shape.Dim.Select(dimension => dimension.DimValue)])).ToList();
            using var options = new RunOptions();
            using var results = _session.Run(options, [.. inputs.Select(input => input.Name)], tensors, _outputs);
            foreach (var tensor in tensors) tensor.Dispose();
            return [.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())];
        }

        public void Dispose() => _session.Dispose();
    }
}
