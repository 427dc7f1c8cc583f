using Elsa.MLNet.Onnx;
using Elsa.MLNet.Operators;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Training;
using Elsa.MLNet.Training.Losses;
using Microsoft.ML.OnnxRuntime;
using TrainingSession = Elsa.MLNet.Training.TrainingSession;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>
/// A training step of a real network on random rows, as a fit runs it, and one plain forward pass of the original network as
/// ONNX Runtime runs it with all its optimisations; both over bound memory.
/// </summary>
sealed class StepUnderTest : IDisposable
{
    public const int Batch = 64;

    // Small, so that thousands of steps on random labels stay finite.
    const float Rate = 1e-4f;
    const int RandomSeed = 3;

    readonly TrainingSession _step;
    readonly InferenceSession _forward;
    readonly RunOptions _options = new();
    readonly OrtValue _input, _label, _output;
    readonly string[] _inputNames, _outputNames;

    public StepUnderTest(StudyNetwork network, int threads)
    {
        var model = MaskableModel.Read(SharedFiles.Require($"models/{network.Model}"));
        var signature = ModelSignature.Of(model.Model, null, null);
        var execution = new ElsaExecutionOptions { IntraOpNumThreads = threads };
        long[] shape = [Batch, .. signature.Input.RowDimensions()!.Select(dimension => dimension!.Value)];
        string[] masked = [.. model.Report.Maskable.Select(tensor => tensor.Name)];
        var sides = SideParameterFinder.Find(model.Model.Graph, masked.ToHashSet(StringComparer.Ordinal));
        var prepared = PreparedModel.Of(model, [.. masked, .. sides], signature.Input.Name, shape);
        var training = new ElsaTraining { Loss = ElsaLoss.CrossEntropy };
        var head = OutputHead.Of(prepared.Model.Graph, prepared.Shapes, signature.Output.Name);
        var target = training.Loss.Target(head, LabelKind.Class);
        var graph = TrainingGraph.Build(prepared, masked, sides, [(training.Loss, head, target, 1)], training, null, ElsaOperators.CanRun);

        var random = new Random(RandomSeed);
        var values = new float[shape.Aggregate((a, b) => a * b)];
        foreach (ref var value in values.AsSpan()) value = 2 * random.NextSingle() - 1;
        var labels = new long[Batch];
        foreach (ref var label in labels.AsSpan()) label = random.Next(target.Classes);
        _input = OrtValue.CreateTensorValueFromMemory(values, shape);
        _label = OrtValue.CreateTensorValueFromMemory(labels, [Batch]);
        _output = OrtValue.CreateTensorValueFromMemory(new float[head.OutputShape.Count], head.OutputShape.Dimensions);
        _step = new TrainingSession(graph, new Dictionary<string, OrtValue> { [signature.Input.Name] = _input, [TrainingGraph.Target(0)] = _label },
            training.Optimizer.StateCount, execution);
        graph.Weights.Read(model).CopyTo(_step.Weights);
        graph.Sides.Read(model).CopyTo(_step.Sides);
        graph.Statistics.Read(model).CopyTo(_step.Statistics);
        _step.TrainedWeights.AsSpan().Fill(true);
        _step.TrainedSides.AsSpan().Fill(true);
        _forward = SessionOpening.Open(FreeBatch.Apply(model.Model, signature.Input.Name), execution);
        (_inputNames, _outputNames) = ([signature.Input.Name], [signature.Output.Name]);
    }

    /// <summary>One training step: forward, backward and update.</summary>
    /// <returns>The loss.</returns>
    public float Step() => _step.Step(Rate);

    /// <summary>One forward pass.</summary>
    public void Forward() => _forward.Run(_options, _inputNames, [_input], _outputNames, [_output]);

    public void Dispose()
    {
        _step.Dispose();
        _forward.Dispose();
        _options.Dispose();
        _input.Dispose();
        _label.Dispose();
        _output.Dispose();
    }
}
