using Elsa.MLNet.Data;
using Elsa.MLNet.Training.Losses;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Training;

/// <summary>Holds a batch and its targets as tensors, and fills them.</summary>
internal sealed class BatchFeed : IDisposable
{
    private readonly Dictionary<string, OrtValue> _tensors = new(StringComparer.Ordinal);
    private readonly List<OrtValue> _owned = [];
    private readonly List<Action<TrainingBatch>> _fills = [];
    private readonly Dictionary<string, OrtValue> _teachers = new(StringComparer.Ordinal);

    /// <param name="inputName">The model's input.</param>
    /// <param name="inputShape">Its dimensions, the batch first.</param>
    /// <param name="targets">Per loss its target, and the index and name of its label column; index -1 for
    /// none.</param>
    public BatchFeed(string inputName, long[] inputShape,
        IReadOnlyList<(LossTarget Target, int Column, string Name)> targets)
    {
        var input = new float[inputShape.Aggregate(1L, (product, dimension) => checked(product * dimension))];
        _tensors.Add(inputName, Own(OrtValue.CreateTensorValueFromMemory(input, inputShape)));
        Input = _tensors[inputName];
        _fills.Add(batch => batch.Inputs.CopyTo(input, 0));
        for (var index = 0; index < targets.Count; index++)
            _tensors.Add(TrainingGraph.Target(index),
                Bind(targets[index].Target, targets[index].Column, targets[index].Name));
    }

    /// <summary>The batch.</summary>
    public OrtValue Input { get; }

    /// <summary>The batch and the targets, by the name of the training graph's input.</summary>
    public IReadOnlyDictionary<string, OrtValue> Tensors => _tensors;

    /// <summary>Values of the original model that are wanted, and where they go.</summary>
    public IReadOnlyList<(string Value, OrtValue Target)> Teachers =>
        [.. _teachers.Select(pair => (pair.Key, pair.Value))];

    /// <exception cref="ArgumentException">A label does not fit its loss.</exception>
    public void Fill(TrainingBatch batch)
    {
        foreach (var fill in _fills) fill(batch);
    }

    public void Dispose()
    {
        foreach (var tensor in _owned) tensor.Dispose();
    }

    private OrtValue Bind(LossTarget target, int column, string name)
    {
        var count = checked((int)target.Shape.Count);
        if (target.Kind == TargetKind.Teacher)
        {
            if (!_teachers.TryGetValue(target.Source!, out var tensor))
                _teachers.Add(target.Source!, tensor = Own(OrtValue.CreateTensorValueFromMemory(new float[count], target.Shape.Dimensions)));
            return tensor;
        }
        if (target.Kind == TargetKind.Class)
        {
            var classes = new long[count];
            _fills.Add(batch => ClassLabels.Fill(batch.Labels[column], batch.Positions, target.Classes, name, classes));
            return Own(OrtValue.CreateTensorValueFromMemory(classes, target.Shape.Dimensions));
        }
        var values = new float[count];
        _fills.Add(batch => ValueLabels.Fill(batch.Labels[column], batch.Positions, name, values));
        return Own(OrtValue.CreateTensorValueFromMemory(values, target.Shape.Dimensions));
    }

    private OrtValue Own(OrtValue value)
    {
        _owned.Add(value);
        return value;
    }
}
