using System.Diagnostics.CodeAnalysis;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>All initializers of a model by name; those of subgraphs have the way to them in front.</summary>
internal sealed class TensorIndex
{
    readonly OrderedDictionary<string, TensorProto> _tensors = new(StringComparer.Ordinal);
    readonly HashSet<string> _ambiguous = new(StringComparer.Ordinal);

    public TensorIndex(ModelProto model)
    {
        foreach (var scope in GraphScope.All(model.Graph))
            foreach (var tensor in scope.Graph.Initializer)
                if (!_tensors.TryAdd(scope.Path + tensor.Name, tensor)) _ambiguous.Add(scope.Path + tensor.Name);
    }

    /// <summary>Every initializer with its name, outer graphs before inner ones.</summary>
    public IEnumerable<KeyValuePair<string, TensorProto>> All => _tensors;

    /// <summary>Finds the initializer of that name, if there is exactly one.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out TensorProto? tensor)
    {
        tensor = null;
        return !_ambiguous.Contains(name) && _tensors.TryGetValue(name, out tensor);
    }
}
