using Onnx;

namespace Elsa.MLNet.Cli;

/// <summary>The files beside a model in which it keeps weights.</summary>
internal static class ExternalFiles
{
    /// <summary>Their paths, each once, in order of first use.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The model's file.</param>
    public static IReadOnlyList<string> Of(ModelProto model, string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return [.. Tensors(model.Graph).SelectMany(tensor => tensor.ExternalData)
            .Where(entry => entry.Key == "location").Select(entry => Path.GetFullPath(entry.Value, folder)).Distinct()];
    }

    static IEnumerable<TensorProto> Tensors(GraphProto graph)
    {
        foreach (var initializer in graph.Initializer) yield return initializer;
        foreach (var attribute in graph.Node.SelectMany(node => node.Attribute))
        {
            if (attribute.T is not null) yield return attribute.T;
            var inner = attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G);
            foreach (var tensor in inner.SelectMany(Tensors)) yield return tensor;
        }
    }
}
