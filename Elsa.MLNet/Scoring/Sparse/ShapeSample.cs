using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>
/// The shapes of a graph's values for a number of rows, from running it with all values as outputs on two and on three rows:
/// a dimension that grows with the rows does so by the same amount for each further one.
/// </summary>
internal sealed class ShapeSample
{
    private const int Few = 2;

    private readonly Dictionary<string, long[]> _few;
    private readonly Dictionary<string, long[]> _more;

    private ShapeSample(Dictionary<string, long[]> few, Dictionary<string, long[]> more)
    {
        _few = few;
        _more = more;
    }

    /// <summary>Shapes for two rows, or for the one that the model takes.</summary>
    public IReadOnlyDictionary<string, long[]> Shapes => _few;

    /// <summary>Runs the model; null if its inputs cannot be repeated or it does not run so.</summary>
    /// <param name="model">A level; not changed.</param>
    /// <param name="inputNames">Names of the inputs.</param>
    /// <param name="inputs">Their tensors, of any number of rows.</param>
    /// <param name="hasBatch">Whether their first dimension is the rows.</param>
    public static ShapeSample? TryTake(ModelProto model, string[] inputNames, OrtValue[] inputs, bool hasBatch)
    {
        var probe = model.Clone();
        probe.Graph.Output.Clear();
        foreach (string name in probe.Graph.Node.SelectMany(node => node.Output).Where(name => name.Length > 0))
            probe.Graph.Output.Add(new ValueInfoProto { Name = name });
        try
        {
            using var session = SessionOpening.Open(
                probe, new ElsaExecutionOptions { IntraOpNumThreads = 1 }, GraphOptimizationLevel.ORT_DISABLE_ALL);
            var few = Run(session, probe, inputNames, inputs, hasBatch ? Few : null);
            return new ShapeSample(few, hasBatch ? Run(session, probe, inputNames, inputs, Few + 1) : few);
        }
        catch (Exception failure) when (failure is ArgumentException or OnnxRuntimeException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>The shape of a value for a number of rows; null if it is no tensor.</summary>
    public long[]? For(string value, int rows)
    {
        if (!_few.TryGetValue(value, out var few) || !_more.TryGetValue(value, out var more) || few.Length != more.Length)
            return null;
        return [.. few.Select((size, i) => size + (more[i] - size) * (rows - Few))];
    }

    private static Dictionary<string, long[]> Run(
        InferenceSession session, ModelProto probe, string[] names, OrtValue[] inputs, int? rows)
    {
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal);
        var values = new List<OrtValue>();
        try
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                values.Add(Repeat(inputs[i], rows));
                shapes[names[i]] = values[i].GetTensorTypeAndShape().Shape;
            }
            using var options = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            string[] outputs = [.. probe.Graph.Output.Select(output => output.Name)];
            using var results = session.Run(options, names, values, outputs);
            for (int i = 0; i < outputs.Length; i++)
            {
                if (results[i].IsTensor)
                    shapes[outputs[i]] = results[i].GetTensorTypeAndShape().Shape;
            }
            return shapes;
        }
        finally
        {
            foreach (var value in values)
                value.Dispose();
        }
    }

    /// <summary>A tensor of as many rows, all like the first one.</summary>
    private static OrtValue Repeat(OrtValue input, int? rows)
    {
        var info = input.GetTensorTypeAndShape();
        if (info.ElementDataType == TensorElementType.String)
            throw new NotSupportedException("Strings are not repeated.");
        long[] shape = [.. info.Shape];
        var source = input.GetTensorMutableRawData();
        int row = rows is null ? source.Length : (int)(source.Length / shape[0]);
        if (rows is { } wanted)
            shape[0] = wanted;
        var repeated = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, info.ElementDataType, shape);
        var target = repeated.GetTensorMutableRawData();
        for (int at = 0; at < target.Length; at += row)
            source[..row].CopyTo(target[at..]);
        return repeated;
    }
}
