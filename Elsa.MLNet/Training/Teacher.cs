using Elsa.MLNet.Scoring;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Training;

/// <summary>The original model, whose values on each batch distillation aims at.</summary>
internal sealed class Teacher : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly string[] _inputNames, _outputNames;
    private readonly OrtValue[] _inputs, _outputs;

    /// <param name="prepared">The original model at the training batch; not changed.</param>
    /// <param name="inputName">Its input.</param>
    /// <param name="input">The batch.</param>
    /// <param name="targets">Per value of the model where it goes.</param>
    /// <param name="execution">Threads.</param>
    public Teacher(PreparedModel prepared, string inputName, OrtValue input,
        IReadOnlyList<(string Value, OrtValue Target)> targets, ElsaExecutionOptions execution)
    {
        var copy = prepared.Model.Clone();
        foreach (var weight in copy.Graph.Input.Where(value => prepared.Trained.ContainsKey(value.Name)).ToList())
            copy.Graph.Input.Remove(weight);
        copy.Graph.Initializer.Add(prepared.Trained.Values);
        copy.Graph.Output.Clear();
        foreach (var value in targets.Select(target => target.Value).Distinct())
            copy.Graph.Output.Add(new ValueInfoProto { Name = value });
        _session = SessionOpening.Open(copy, execution);
        (_inputNames, _inputs) = ([inputName], [input]);
        (_outputNames, _outputs) = ([.. targets.Select(target => target.Value)],
            [.. targets.Select(target => target.Target)]);
    }

    /// <summary>Fills the targets from the batch.</summary>
    public void Run() => _session.Run(_options, _inputNames, _inputs, _outputNames, _outputs);

    public void Dispose()
    {
        _options.Dispose();
        _session.Dispose();
    }
}
