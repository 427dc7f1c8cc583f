using System.Diagnostics.CodeAnalysis;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Extends a graph by its reverse-mode gradient: appends the nodes that compute, from the derivatives of a scalar with
/// respect to some values, those with respect to others (Griewank and Walther, Evaluating Derivatives, 2008, chapter
/// 3). Nodes are standard ONNX of opset 18 or later, and operators of the domain ai.elsa that <see cref="Lowering"/>
/// can expand into such.
/// </summary>
internal sealed class Differentiation
{
    /// <summary>Begins every name that this makes.</summary>
    public const string Prefix = "elsa_gradient/";

    readonly IReadOnlyDictionary<string, ValueShape> _shapes;
    readonly Dictionary<string, TensorProto> _initializers;
    readonly Dictionary<string, string> _trainedBehind = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<string>> _gradients = new(StringComparer.Ordinal);

    Differentiation(GraphProto graph, IReadOnlyDictionary<string, ValueShape> shapes, IEnumerable<string> trained)
    {
        Builder = new GraphBuilder(graph, Prefix);
        _shapes = shapes;
        _initializers = graph.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (var name in trained) _trainedBehind[name] = name;
        foreach (var node in graph.Node)
            if (Reads(node).FirstOrDefault(Needs) is { } input)
                foreach (var output in node.Output)
                    // Without a shape are sequences of tensors.
                    if (output.Length > 0 && _shapes.GetValueOrDefault(output) is null or { IsFloat: true } or { IsHalf: true })
                        _trainedBehind[output] = _trainedBehind[input];
    }

    public GraphBuilder Builder { get; }

    /// <summary>Appends the gradient.</summary>
    /// <param name="graph">A graph in topological order of opset 18 or later; grows.</param>
    /// <param name="shapes">Concrete shapes of all its values.</param>
    /// <param name="seeds">Values that lead to the scalar, each with the name of its gradient; for the scalar itself
    /// that is a constant 1.</param>
    /// <param name="trained">Values, normally graph inputs, to differentiate by.</param>
    /// <returns>Per trained value the name of its gradient, of the value's shape; values that do not lead to a seed are
    /// missing.</returns>
    /// <exception cref="NotSupportedException">An operator between a trained value and a seed has no rule.</exception>
    public static IReadOnlyDictionary<string, string> Apply(GraphProto graph,
        IReadOnlyDictionary<string, ValueShape> shapes,
        IReadOnlyDictionary<string, string> seeds, IReadOnlyCollection<string> trained)
    {
        var work = new Differentiation(graph, shapes, trained);
        foreach (var (value, gradient) in seeds) work.Add(value, gradient);
        var forward = graph.Node.ToList();
        for (var index = forward.Count - 1; index >= 0; index--) work.PassThrough(forward[index]);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in trained)
            if (work.TryTake(name, out var gradient)) found.Add(name, gradient);
        return found;
    }

    /// <summary>Whether a trained value lies behind this one.</summary>
    public bool Needs(string value) => _trainedBehind.ContainsKey(value);

    public ValueShape Shape(string value) => _shapes.TryGetValue(value, out var shape) ? shape
        : throw new InvalidOperationException($"The shape of '{value}' is not known.");

    /// <summary>The initializer of that name, if there is one.</summary>
    public TensorProto? Constant(string value) => _initializers.GetValueOrDefault(value);

    /// <summary>Adds a contribution to the gradient of a value.</summary>
    public void Add(string value, string gradient)
    {
        if (!_gradients.TryGetValue(value, out var parts)) _gradients.Add(value, parts = []);
        parts.Add(gradient);
    }

    public NotSupportedException Unsupported(NodeProto node, string why)
    {
        var behind = Reads(node).Where(Needs).Select(input => _trainedBehind[input]).FirstOrDefault();
        return new NotSupportedException($"The gradient cannot pass operator {node.OpType}" +
            $"{(node.Domain.Length > 0 ? $" of domain '{node.Domain}'" : "")} of node '{GraphScope.NameOf(node)}', behind which lies the " +
            $"trained weight '{behind}': {why}. Exclude that weight from training with MaskableSelection.Exclude, or replace the " +
            "operator in the model.");
    }

    void PassThrough(NodeProto node)
    {
        var needed = Reads(node).Any(Needs);
        // What has no elements passes nothing on; ONNX Runtime's MatMul would sum nothing to what lies in memory.
        var gradients = node.Output.Select(output =>
            needed && TryTake(output, out var gradient) && Shape(output).Count > 0 ? gradient : null).ToArray();
        if (!needed || gradients.All(gradient => gradient is null)) return;
        if (node.Input.Concat(node.Output).Any(value => Needs(value) && _shapes.GetValueOrDefault(value) is { IsHalf: true }))
            throw Unsupported(node, "it works in 16-bit floats; gradients need float32 or double");
        var rule = GradientRules.For(node) ?? throw Unsupported(node, "there is no gradient rule for it");
        rule.Apply(new GradientContext(this, node, gradients));
    }

    /// <summary>What a node reads: its inputs, and what its branches or body take from the graph around them.</summary>
    static IEnumerable<string> Reads(NodeProto node) => node.Input.Concat(node.Attribute
        .SelectMany(attribute => attribute.G is { } graph ? attribute.Graphs.Prepend(graph) : attribute.Graphs)
        .SelectMany(graph => graph.Node.SelectMany(Reads).Concat(graph.Output.Select(output => output.Name))));

    /// <summary>The whole gradient of a value, after which no more is added.</summary>
    bool TryTake(string value, [NotNullWhen(true)] out string? gradient)
    {
        gradient = null;
        if (!_gradients.TryGetValue(value, out var parts)) return false;
        gradient = parts.Count switch
        {
            1 => parts[0],
            2 => Builder.Add(parts[0], parts[1]),
            _ => Builder.Node("Sum", parts),
        };
        _gradients[value] = [gradient];
        return true;
    }
}
