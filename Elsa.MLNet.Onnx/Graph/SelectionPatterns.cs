using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>Refuses names that select nothing: a slip of the pen would mask what was to stay dense.</summary>
internal static class SelectionPatterns
{
    const int ListedNames = 10;

    /// <exception cref="ArgumentException">A pattern fits no initializer and no constant of the model.</exception>
    public static void Check(ModelProto model, MaskableSelection selection)
    {
        if (selection.Include.Count + selection.Exclude.Count == 0) return;
        var names = Names(model).ToList();
        Check(nameof(selection.Include), selection.Include);
        Check(nameof(selection.Exclude), selection.Exclude);

        void Check(string property, IReadOnlyList<string> patterns)
        {
            foreach (var pattern in patterns)
                if (!names.Any(name => WeightFinder.Matches([pattern], name)))
                    throw new ArgumentException(
                        $"{property} has '{pattern}', which fits no tensor of the model; it has " +
                        $"{string.Join(", ", names.Take(ListedNames).Select(name => $"'{name}'"))}" +
                        (names.Count > ListedNames ? $" and {names.Count - ListedNames} more" : "") +
                        ". Correct the name, or leave it out.", nameof(selection));
        }
    }

    /// <summary>The names of all initializers and constants, of any type.</summary>
    static IEnumerable<string> Names(ModelProto model) => GraphScope.All(model.Graph).SelectMany(scope =>
        scope.Graph.Initializer.Select(tensor => tensor.Name)
            .Concat(scope.Graph.Node.Where(node => node.OpType == "Constant").SelectMany(node => node.Output))
            .Select(name => scope.Path + name));
}
