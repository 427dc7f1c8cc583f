using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Training;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class WholeNetworkTests
{
    /// <summary>Moves of every weight, as parts of its tensor's norm. Large ones cross kinks, small ones drown in rounding.</summary>
    static readonly double[] Steps = [1e-3, 3e-4, 1e-4, 3e-5, 1e-5];

    [TestMethod]
    [DataRow("mnist-burn-conv-bn")]
    [DataRow("resnet20-cifar10")]
    [DataRow("mlperftiny-ad01-autoencoder-mlp")]
    [DataRow("mlperftiny-mobilenetv1-0.25-vww96")]
    [DataRow("squeezenet1.1_fp32_from_fp16")]
    [DataRow("arthur-transformer-lm")]
    [DataRow("ultraface-slim-320")]
    [DataRow("super-resolution-10")]
    public void The_gradient_of_all_maskable_weights_agrees_with_finite_differences(string name)
    {
        var source = MaskableModel.Read(Shared.Require($"models/{name}.onnx"));
        FixLengths(source.Model.Graph);
        string[] trained = [.. source.Report.Maskable.Select(tensor => tensor.Name)];
        var prepared = PreparedModel.Of(source, trained, batch: 2);
        var random = new Random(7);
        var outputs = prepared.Model.Graph.Output.Select(output => output.Name).Where(output => prepared.Shapes[output].IsFloat).ToArray();
        var data = Data(prepared, trained, random);
        var seeds = outputs.ToDictionary(output => output, output => Random(prepared.Shapes[output].Count, random));

        var model = prepared.Model.Clone();
        var builder = new GraphBuilder(model.Graph, "loss/");
        var found = Differentiation.Apply(model.Graph, prepared.Shapes,
            outputs.ToDictionary(output => output, output => builder.Numbers(seeds[output], prepared.Shapes[output].Dimensions)), trained);
        Lowering.Apply(model.Graph, prepared.Shapes, _ => false);
        CollectionAssert.AreEquivalent(trained, found.Keys.ToArray(), "Weights with a gradient.");

        var weights = trained.ToDictionary(weight => weight, weight => MemoryMarshal.Cast<byte, float>(TensorBytes.Read(prepared.Trained[weight], null).Span).ToArray());
        var values = Run(model, [.. trained.Select(weight => found[weight])], [weights], data, prepared)[0];
        var gradients = trained.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second);
        var unusable = trained.Where(weight => gradients[weight].Any(value => !float.IsFinite(value)) || gradients[weight].All(value => value == 0));
        Assert.IsEmpty(unusable, $"Gradients that are not finite, or 0: {string.Join(", ", unusable)}");
        var direction = trained.ToDictionary(weight => weight, weight => Direction(weights[weight], gradients[weight], random));
        var expected = trained.Sum(weight => Dot(direction[weight], gradients[weight]));

        // A wrong gradient is wrong at every step.
        var losses = Run(prepared.Model, outputs, [.. Steps.SelectMany(step => new[] { Moved(step), Moved(-step) })], data, prepared)
            .Select(run => run.Zip(outputs).Sum(pair => Dot(seeds[pair.Second], pair.First))).ToArray();
        var errors = Steps.Select((step, index) => Math.Abs((losses[2 * index] - losses[2 * index + 1]) / (2 * step) - expected) / Math.Abs(expected)).ToArray();
        Console.WriteLine($"{name}: {trained.Length} weights, derivative {expected:g4}, errors {string.Join(", ", errors.Select(error => error.ToString("g2")))}");
        Assert.IsTrue(errors.Any(error => error < 2e-2), $"{name}: relative errors {string.Join(", ", errors)}.");

        Dictionary<string, float[]> Moved(double step) => trained.ToDictionary(weight => weight,
            weight => weights[weight].Zip(direction[weight], (w, d) => (float)(w + step * d)).ToArray());
    }

    /// <summary>Gives free dimensions behind the first, as the length of a text, a size.</summary>
    static void FixLengths(GraphProto graph)
    {
        var initializers = graph.Initializer.Select(tensor => tensor.Name).ToHashSet();
        foreach (var input in graph.Input.Where(input => !initializers.Contains(input.Name)))
            foreach (var dimension in input.Type.TensorType.Shape.Dim.Skip(1).Where(dimension => !dimension.HasDimValue)) dimension.DimValue = 12;
    }

    /// <summary>Half along the gradient, half random; as long as the weights are.</summary>
    static double[] Direction(float[] weights, float[] gradient, Random random)
    {
        var noise = Random(weights.Length, random);
        var (size, along, across) = (Norm(weights), Norm(gradient), Norm(noise));
        return [.. gradient.Zip(noise, (g, r) => size * ((along > 0 ? g / along : 0) + r / across))];
    }

    static Dictionary<string, TensorProto> Data(PreparedModel prepared, string[] trained, Random random) => prepared.Model.Graph.Input
        .Where(input => !trained.Contains(input.Name)).ToDictionary(input => input.Name, input =>
        {
            var shape = prepared.Shapes[input.Name];
            var tensor = new TensorProto { Name = input.Name, DataType = (int)shape.Type };
            tensor.Dims.Add(shape.Dimensions);
            tensor.RawData = ByteString.CopyFrom(shape.Type == DataType.Int64
                ? MemoryMarshal.AsBytes<long>([.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextInt64(50))])
                : MemoryMarshal.AsBytes<float>(Random(shape.Count, random)));
            return tensor;
        });

    static List<float[][]> Run(ModelProto model, string[] outputs, IReadOnlyList<Dictionary<string, float[]>> weights,
        Dictionary<string, TensorProto> data, PreparedModel prepared)
    {
        var run = model.Clone();
        run.Graph.Output.Clear();
        foreach (var output in outputs) run.Graph.Output.Add(new ValueInfoProto { Name = output });
        using var session = SessionOpening.Open(run, new ElsaExecutionOptions());
        using var options = new RunOptions();
        var found = new List<float[][]>();
        foreach (var set in weights)
        {
            var inputs = data.ToDictionary(input => input.Key, input => UpgradeCheck.Value(input.Value));
            foreach (var (name, values) in set) inputs.Add(name, OrtValue.CreateTensorValueFromMemory(values, prepared.Shapes[name].Dimensions));
            using var results = session.Run(options, inputs, outputs);
            found.Add([.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())]);
            foreach (var input in inputs.Values) input.Dispose();
        }
        return found;
    }

    static float[] Random(long count, Random random) => [.. Enumerable.Range(0, (int)count).Select(_ => 2 * random.NextSingle() - 1)];

    static double Norm(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));

    static double Dot(double[] left, float[] right) => left.Zip(right, (a, b) => a * b).Sum();

    static double Dot(float[] left, float[] right) => left.Zip(right, (a, b) => (double)a * b).Sum();
}
