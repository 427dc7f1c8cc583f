using Elsa.MLNet.Scoring;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Training;

/// <summary>
/// Runs training steps. Parameters live in two sets of buffers: a step reads one set and writes the other, so that
/// nothing is copied or allocated, and the state before a step is still there behind it.
/// </summary>
internal sealed class TrainingSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly List<OrtValue> _values = [];
    private readonly Dictionary<string, float[][]> _vectors = new(StringComparer.Ordinal);
    private readonly float[] _loss = [0], _rate = [0], _number = [0];
    private readonly string[] _inputNames, _outputNames;
    private readonly OrtValue[][] _inputs = [[], []], _outputs = [[], []];
    private int _side;

    /// <param name="graph">The step.</param>
    /// <param name="fixedInputs">The batch and the targets by name; filled by others before each step.</param>
    /// <param name="stateCount">State vectors of the optimizer.</param>
    /// <param name="execution">Threads.</param>
    public TrainingSession(TrainingGraph graph, IReadOnlyDictionary<string, OrtValue> fixedInputs, int stateCount,
        ElsaExecutionOptions execution)
    {
        Graph = graph;
        _session = SessionOpening.Open(graph.Model, execution);
        var selections = new Dictionary<string, OrtValue>(StringComparer.Ordinal);
        TrainedWeights = Selection(graph.Weights);
        TrainedSides = Selection(graph.Sides);
        var vectors = new Dictionary<string, OrtValue[]>(StringComparer.Ordinal);
        foreach (var vector in (ParameterVector[])[graph.Weights, graph.Sides])
        {
            Pair(vector.Name, vector.Length);
            for (var state = 0; state < stateCount; state++)
                Pair(TrainingGraph.State(vector.Name, state), vector.Length);
        }
        Pair(graph.Statistics.Name, graph.Statistics.Length);

        var scalars = new Dictionary<string, OrtValue>
        {
            [TrainingGraph.Rate] = Keep(OrtValue.CreateTensorValueFromMemory(_rate, [])),
            [TrainingGraph.StepNumber] = Keep(OrtValue.CreateTensorValueFromMemory(_number, [])),
        };
        var loss = Keep(OrtValue.CreateTensorValueFromMemory(_loss, []));
        _inputNames = [.. graph.Model.Graph.Input.Select(input => input.Name)];
        _outputNames = [.. graph.Model.Graph.Output.Select(output => output.Name)];
        for (var side = 0; side < 2; side++)
        {
            _inputs[side] = [.. _inputNames.Select(name => scalars.GetValueOrDefault(name) ?? selections.GetValueOrDefault(name)
                ?? (vectors.TryGetValue(name, out var pair) ? pair[side] : fixedInputs[name]))];
            _outputs[side] = [.. _outputNames.Select(name => name == TrainingGraph.Loss ? loss : vectors[name[..^TrainingGraph.Next("").Length]][1 - side])];
        }

        bool[] Selection(ParameterVector vector)
        {
            var trained = new bool[vector.Length];
            if (vector.Length > 0)
                selections.Add(TrainingGraph.Trained(vector.Name),
                    Keep(OrtValue.CreateTensorValueFromMemory(trained, [vector.Length])));
            return trained;
        }

        void Pair(string name, int length)
        {
            _vectors.Add(name, [new float[length], new float[length]]);
            if (length > 0) vectors.Add(name, [.. _vectors[name].Select(values => Keep(OrtValue.CreateTensorValueFromMemory(values, [length])))]);
        }
    }

    public TrainingGraph Graph { get; }

    /// <summary>Which weights the next step changes.</summary>
    public bool[] TrainedWeights { get; }

    /// <summary>Which side parameters the next step changes.</summary>
    public bool[] TrainedSides { get; }

    public Span<float> Weights => Current(Graph.Weights.Name);

    public Span<float> Sides => Current(Graph.Sides.Name);

    public Span<float> Statistics => Current(Graph.Statistics.Name);

    /// <summary>Sets the optimizer's state to zero.</summary>
    public void ResetOptimizer()
    {
        _number[0] = 0;
        foreach (var (name, values) in _vectors)
            if (name.Contains("/state", StringComparison.Ordinal)) values[_side].AsSpan().Clear();
    }

    /// <summary>Sets the optimizer's state of single weights to zero.</summary>
    public void ResetOptimizer(ReadOnlySpan<bool> kept)
    {
        foreach (var (name, values) in _vectors)
            if (name.StartsWith(Graph.Weights.Name + "/state", StringComparison.Ordinal))
                for (var index = 0; index < kept.Length; index++)
                    if (!kept[index]) values[_side][index] = 0;
    }

    /// <summary>One step over the batch that lies in the fixed inputs.</summary>
    /// <param name="rate">Learning rate.</param>
    /// <returns>The loss before the step.</returns>
    public float Step(float rate)
    {
        _rate[0] = rate;
        _number[0]++;
        _session.Run(_options, _inputNames, _inputs[_side], _outputNames, _outputs[_side]);
        if (!Graph.UpdatesStatistics)
            _vectors[Graph.Statistics.Name][_side].CopyTo(_vectors[Graph.Statistics.Name][1 - _side], 0);
        _side = 1 - _side;
        return _loss[0];
    }

    public void Dispose()
    {
        foreach (var value in _values) value.Dispose();
        _options.Dispose();
        _session.Dispose();
    }

    private Span<float> Current(string vector) => _vectors[vector][_side];

    private OrtValue Keep(OrtValue value)
    {
        _values.Add(value);
        return value;
    }
}
