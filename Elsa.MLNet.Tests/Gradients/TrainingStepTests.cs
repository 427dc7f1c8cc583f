using Elsa.MLNet.Onnx;
using Elsa.MLNet.Operators;
using Elsa.MLNet.Tests.Operators;
using Elsa.MLNet.Training;
using Elsa.MLNet.Training.Losses;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using TrainingSession = Elsa.MLNet.Training.TrainingSession;

namespace Elsa.MLNet.Tests.Gradients;

/// <summary>A step with our operators, and what is fused for them, against the same step in standard ONNX.</summary>
[TestClass]
public sealed class TrainingStepTests
{
    const int Batch = 8;

    /// <summary>Of a step's norm: what twenty normalised layers make of the rounding of single precision.</summary>
    const double Tolerance = 3e-5;

    [TestMethod]
    [DataRow("mnist-burn-conv-bn", true)]
    [DataRow("mnist-burn-conv-bn", false)]
    [DataRow("resnet20-cifar10", true)]
    [DataRow("mlperftiny-mobilenetv1-0.25-vww96", true)]
    public void A_step_is_the_same_with_our_operators_and_without(string name, bool isSgd)
    {
        var optimizer = isSgd ? ElsaOptimizer.Sgd() : ElsaOptimizer.AdamW(epsilon: 1e-3);
        var (expected, expectedNodes) = Step(name, optimizer, _ => false);
        var (actual, nodes) = Step(name, optimizer, ElsaOperators.CanRun);
        Assert.IsFalse(expectedNodes.Any(node => node.Domain == GraphBuilder.ElsaDomain), "Nodes of ours remain.");
        Assert.IsTrue(nodes.Any(node => node is { Domain: GraphBuilder.ElsaDomain, OpType: "Conv" }), "No convolution of ours.");
        for (var vector = 0; vector < expected.Length; vector++)
            Assert.IsLessThan(Tolerance, RelativeError(expected[vector], actual[vector]), $"{name}, vector {vector}");
    }

    static (float[][] Vectors, IReadOnlyList<NodeProto> Nodes) Step(string name, ElsaOptimizer optimizer, Func<NodeProto, bool> hasOperator)
    {
        var source = MaskableModel.Read(Shared.Require($"models/{name}.onnx"));
        string[] masked = [.. source.Report.Maskable.Select(tensor => tensor.Name)];
        var sides = SideParameterFinder.Find(source.Model.Graph, masked.ToHashSet());
        var initializers = source.Model.Graph.Initializer.Select(tensor => tensor.Name).ToHashSet();
        var input = source.Model.Graph.Input.Single(value => !initializers.Contains(value.Name));
        long[] shape = [Batch, .. input.Type.TensorType.Shape.Dim.Skip(1).Select(dimension => dimension.DimValue)];
        var prepared = PreparedModel.Of(source, [.. masked, .. sides], input.Name, shape);
        var head = OutputHead.Of(prepared.Model.Graph, prepared.Shapes, source.Model.Graph.Output[0].Name);
        var target = ElsaLoss.CrossEntropy.Target(head, LabelKind.Class);
        var graph = TrainingGraph.Build(prepared, masked, sides, [(ElsaLoss.CrossEntropy, head, target, 1.0)],
            new ElsaTraining { Optimizer = optimizer }, null, hasOperator);
        var random = new Random(3);
        using var images = OrtValue.CreateTensorValueFromMemory(OperatorRun.Draw(ConvolutionCase.Length(shape), random), shape);
        using var labels = OrtValue.CreateTensorValueFromMemory(
            Enumerable.Range(0, Batch).Select(row => (long)(row % target.Classes)).ToArray(), target.Shape.Dimensions);
        using var session = new TrainingSession(graph,
            new Dictionary<string, OrtValue> { [input.Name] = images, [TrainingGraph.Target(0)] = labels },
            optimizer.StateCount, new ElsaExecutionOptions { IntraOpNumThreads = 2 });
        graph.Weights.Read(source).CopyTo(session.Weights);
        graph.Sides.Read(source).CopyTo(session.Sides);
        graph.Statistics.Read(source).CopyTo(session.Statistics);
        for (var index = 0; index < session.TrainedWeights.Length; index++) session.TrainedWeights[index] = index % 3 != 0;
        session.TrainedSides.AsSpan().Fill(true);
        float[][] before = [[.. session.Weights], [.. session.Sides], [.. session.Statistics]];
        var loss = session.Step(1);
        float[][] after = [[.. session.Weights], [.. session.Sides], [.. session.Statistics]];
        // What changed, not what there was: weights are larger than a step.
        var steps = after.Zip(before, (now, then) => now.Zip(then, (a, b) => a - b).ToArray());
        return ([[loss], .. steps], [.. graph.Model.Graph.Node]);
    }

    static double RelativeError(float[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual, (e, a) => ((double)e - a) * ((double)e - a)).Sum())
        / Math.Sqrt(expected.Sum(value => (double)value * value) + double.Epsilon);
}
