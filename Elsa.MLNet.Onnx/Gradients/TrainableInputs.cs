using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>Turns initializers into inputs, so that their values can change from run to run.</summary>
internal static class TrainableInputs
{
    /// <summary>Makes inputs of the initializers.</summary>
    /// <param name="graph">The graph; changes.</param>
    /// <param name="names">Names of initializers of the main graph.</param>
    /// <exception cref="ArgumentException">There is no such initializer.</exception>
    public static void Open(GraphProto graph, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            var tensor = graph.Initializer.FirstOrDefault(initializer => initializer.Name == name)
                ?? throw new ArgumentException($"The main graph has no initializer '{name}'; weights in subgraphs cannot be trained.", nameof(names));
            graph.Initializer.Remove(tensor);
            var listed = graph.Input.FirstOrDefault(input => input.Name == name);
            if (listed is not null) graph.Input.Remove(listed);
            graph.Input.Add(GraphValue.Of(name, new ValueShape((TensorProto.Types.DataType)tensor.DataType, [.. tensor.Dims])));
        }
    }
}
