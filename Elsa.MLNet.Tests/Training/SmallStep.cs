using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Operators;
using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Training;
using Elsa.MLNet.Training.Losses;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;
using TrainingSession = Elsa.MLNet.Training.TrainingSession;

namespace Elsa.MLNet.Tests.Training;

/// <summary>The training step of a small model with input 'x', over one batch.</summary>
sealed class SmallStep : IDisposable
{
    readonly List<OrtValue> _owned = [];

    /// <param name="model">The model.</param>
    /// <param name="shape">Shape of the batch.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="losses">Per loss the output, its truth as float[] or long[], and its weight.</param>
    /// <param name="training">Optimizer and gradient clipping.</param>
    /// <param name="label">What the label column says.</param>
    /// <param name="hasOperator">Whether operators of ours are used; null for what this process can run.</param>
    /// <param name="frozenStatistics">Names of frozen statistics; null to normalise by the batch.</param>
    public SmallStep(ModelProto model, long[] shape, float[] batch,
        IReadOnlyList<(ElsaLoss Loss, string Output, Array Truth, double Weight)> losses,
        ElsaTraining? training = null, LabelKind? label = null, Func<NodeProto, bool>? hasOperator = null,
            IReadOnlyList<string>? frozenStatistics = null)
    {
        training ??= new ElsaTraining { Optimizer = ElsaOptimizer.Sgd(0, 0) };
        var maskable = MaskableModel.From(model);
        string[] masked = [.. maskable.Report.Maskable.Select(tensor => tensor.Name)];
        var sides = SideParameterFinder.Find(maskable.Model.Graph, masked.ToHashSet());
        var prepared = PreparedModel.Of(maskable, [.. masked, .. sides], "x", shape);
        var tensors = new Dictionary<string, OrtValue> { ["x"] = Tensor(batch, shape) };
        var parts = new List<(ElsaLoss, OutputHead, LossTarget, double)>();
        foreach (var (loss, output, truth, weight) in losses)
        {
            var head = OutputHead.Of(prepared.Model.Graph, prepared.Shapes, output);
            var target = loss.Target(head, label);
            tensors.Add(TrainingGraph.Target(parts.Count), Tensor(truth, target.Shape.Dimensions));
            parts.Add((loss, head, target, weight));
        }
        Targets = [.. parts.Select(part => part.Item3)];
        var graph = TrainingGraph.Build(prepared, masked, sides, parts, training, frozenStatistics,
            hasOperator ?? ElsaOperators.CanRun);
        Session = new TrainingSession(graph, tensors, training.Optimizer.StateCount,
            new ElsaExecutionOptions { IntraOpNumThreads = 1 });
        graph.Weights.Read(maskable).CopyTo(Session.Weights);
        graph.Sides.Read(maskable).CopyTo(Session.Sides);
        graph.Statistics.Read(maskable).CopyTo(Session.Statistics);
        Session.TrainedWeights.AsSpan().Fill(true);
        Session.TrainedSides.AsSpan().Fill(true);
    }

    public TrainingSession Session { get; }

    public IReadOnlyList<LossTarget> Targets { get; }

    /// <summary>The loss, and its gradient by the weights, taken from a step of plain gradient descent at rate 1.</summary>
    public (float Loss, float[] Gradient) Gradient()
    {
        float[] before = [.. Session.Weights];
        var loss = Session.Step(1);
        return (loss, [.. before.Zip(Session.Weights.ToArray(), (old, now) => old - now)]);
    }

    /// <summary>
    /// A model whose scores z are its weights, so that a gradient by the weights is one by the scores: row r of the batch has
    /// 1 at column r and 0 elsewhere.
    /// </summary>
    /// <param name="shape">Shape of the scores, the classes last.</param>
    /// <param name="scores">The scores.</param>
    /// <param name="last">What follows z and makes y; none if null.</param>
    public static (ModelProto Model, long[] Shape, float[] Batch) ScoresAsWeights(int[] shape, float[] scores,
        NodeProto? last = null)
    {
        var rows = scores.Length / shape[^1];
        var weights = TestModels.Random("w", DataType.Float, 1, rows, shape[^1]);
        TensorBytes.SetRaw(weights, MemoryMarshal.AsBytes(scores.AsSpan()).ToArray());
        var product = TestModels.Node("MatMul", ["x", "w"], last is null ? "y" : "z");
        object?[] inputShape = ["N", .. shape[1..^1].Select(size => (object?)size), rows];
        var model = TestModels.Model([("x", inputShape)], [("y", null)], DataType.Float, last is null ? [product]
            : [product, last], [weights], opset: 18);
        var batch = new float[rows * rows];
        for (var row = 0; row < rows; row++) batch[row * rows + row] = 1;
        return (model, [.. shape[..^1].Select(size => (long)size), rows], batch);
    }

    public void Dispose()
    {
        Session.Dispose();
        foreach (var value in _owned) value.Dispose();
    }

    OrtValue Tensor(Array values, long[] shape)
    {
        var value = values is long[] classes ? OrtValue.CreateTensorValueFromMemory(classes, shape)
            : OrtValue.CreateTensorValueFromMemory((float[])values, shape);
        _owned.Add(value);
        return value;
    }
}
