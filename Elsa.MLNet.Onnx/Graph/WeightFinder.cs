using System.IO.Enumeration;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>Finds the weights of a model that can be masked, and says of the others why not.</summary>
internal static class WeightFinder
{
    /// <summary>Operators that only rename, reorder or retype a weight: zero stays zero.</summary>
    static readonly HashSet<string> PassThrough =
        ["Identity", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast"];

    static readonly string[] Known = ["Conv", "ConvTranspose", "Gemm", "MatMul"];

    /// <summary>A weight and its first use.</summary>
    internal sealed record Weight(GraphScope Owner, TensorProto Tensor, NodeProto? ConstantNode, NodeProto User)
    {
        /// <summary>What turns it from integers into numbers; null if it holds numbers.</summary>
        public Quantization? Quantization { get; init; }

        public string Name => Owner.Path + (ConstantNode?.Output[0] ?? Tensor.Name);
    }

    /// <summary>Every use of a constant by an operator's input that holds weights, in node order.</summary>
    public static List<Weight> Find(ModelProto model)
    {
        var places = new Dictionary<TensorProto, int>(ReferenceEqualityComparer.Instance);
        var weights = new List<Weight>();
        foreach (var scope in GraphScope.All(model.Graph))
            foreach (var node in scope.Graph.Node.Where(node => IsKnown(node) || IsInteger(node)))
                foreach (var input in WeightInputs(node))
                {
                    if ((IsInteger(node) ? ResolveIntegers(scope, input, node) : Resolve(scope, input, node)) is not { } weight) continue;
                    if (places.TryAdd(weight.Tensor, weights.Count)) weights.Add(weight);
                    else if (ReasonAgainst(weights[places[weight.Tensor]], weight) is { } reason)
                        weights[places[weight.Tensor]] = weights[places[weight.Tensor]] with { Quantization = new(null, 0, reason) };
                }
        return weights;
    }

    /// <summary>Why integers that two nodes read cannot be masked; null if they can.</summary>
    static string? ReasonAgainst(Weight first, Weight second) => second.Quantization?.ReasonAgainst
        ?? (first.Quantization?.ZeroPoint != second.Quantization?.ZeroPoint ? "two nodes read it with different zero points" : null);

    /// <summary>Sorts the model's floating-point tensors into maskable and dense ones.</summary>
    public static (MaskableReport Report, IReadOnlyList<Weight> Weights) Select(ModelProto model, MaskableSelection selection)
    {
        var foreign = selection.OperatorTypes.Except(Known).FirstOrDefault();
        if (foreign is not null)
            throw new ArgumentException($"'{foreign}' is not an operator whose weights can be masked; " +
                $"allowed are {string.Join(", ", Known)}.", nameof(selection));
        SelectionPatterns.Check(model, selection);
        var found = Find(model).Where(weight => ElementTypes.IsFloat(weight.Tensor.DataType) || weight.Quantization is not null).ToList();
        var otherUses = OtherUses(model);
        var outputs = GivenOut(model, found);
        var ambiguous = AmbiguousNames(model, found);
        var chosen = new List<Weight>();
        var reasons = new Dictionary<TensorProto, string>(ReferenceEqualityComparer.Instance);
        foreach (var weight in found)
        {
            var reason = ReasonAgainst(weight, selection, weight == found[0], weight == found[^1], otherUses, outputs)
                ?? (ambiguous.Contains(weight.Name) ? "its name stands for several tensors" : null);
            if (reason is null) chosen.Add(weight);
            else reasons.Add(weight.Tensor, reason);
        }
        var maskable = chosen.Select(weight => new MaskableTensor(weight.Name, [.. weight.Tensor.Dims],
            ElementTypes.Name(weight.Tensor.DataType), weight.User.OpType, GraphScope.NameOf(weight.User))
        {
            Scales = weight.Quantization?.Scales,
            ZeroPoint = weight.Quantization?.ZeroPoint ?? 0,
        }).ToList();
        return (new MaskableReport(maskable, LeftDense(model, chosen, reasons, otherUses)), chosen);
    }

    /// <summary>Names that more than one tensor would have once the weights in Constant nodes are initializers.</summary>
    static HashSet<string> AmbiguousNames(ModelProto model, List<Weight> found)
    {
        var initializers = GraphScope.All(model.Graph)
            .SelectMany(scope => scope.Graph.Initializer.Select(tensor => scope.Path + tensor.Name));
        var promoted = found.Where(weight => weight.ConstantNode is not null).Select(weight => weight.Name);
        return [.. initializers.Concat(promoted).CountBy(name => name).Where(count => count.Value > 1).Select(count => count.Key)];
    }

    static string? ReasonAgainst(Weight weight, MaskableSelection selection, bool isFirst, bool isLast,
        Dictionary<TensorProto, NodeProto> otherUses, HashSet<TensorProto> outputs)
    {
        var count = TensorBytes.ElementCount(weight.Tensor);
        var kind = IntegerOperators.KindOf(weight.User) ?? weight.User.OpType;
        if (!selection.OperatorTypes.Contains(kind)) return $"{kind} is not selected";
        if (!ElementTypes.IsMaskable(weight.Tensor.DataType))
            return $"{ElementTypes.Name(weight.Tensor.DataType)} weights cannot be masked yet";
        if (count == 0) return "it is empty";
        if (weight.Quantization?.ReasonAgainst is { } reason) return reason;
        if (otherUses.TryGetValue(weight.Tensor, out var other))
            return $"{other.OpType} '{GraphScope.NameOf(other)}' uses it too, not as a weight";
        if (outputs.Contains(weight.Tensor)) return "it is an output of the graph too";
        if (isFirst && !selection.FirstLayer) return "it is the first layer";
        if (isLast && !selection.LastLayer) return "it is the last layer";
        if (selection.Include.Count > 0 && !Matches(selection.Include, weight.Name)) return "it is not in Include";
        if (Matches(selection.Exclude, weight.Name)) return "it is in Exclude";
        return count < selection.MinimumWeights ? $"it has fewer than {selection.MinimumWeights} weights" : null;
    }

    static List<DenseTensor> LeftDense(ModelProto model, List<Weight> chosen, Dictionary<TensorProto, string> reasons,
        Dictionary<TensorProto, NodeProto> otherUses)
    {
        var masked = chosen.Select(weight => weight.Tensor).ToHashSet<TensorProto>(ReferenceEqualityComparer.Instance);
        var dense = new List<DenseTensor>();
        foreach (var scope in GraphScope.All(model.Graph))
        {
            var constants = scope.Graph.Node.Where(node => node.OpType == "Constant" && node.Output.Count == 1)
                .Select(node => (node.Output[0], Tensor: ConstantValue(node)));
            foreach (var (name, tensor) in scope.Graph.Initializer.Select(tensor => (tensor.Name, (TensorProto?)tensor)).Concat(constants))
                if (tensor is not null && (ElementTypes.IsFloat(tensor.DataType) || reasons.ContainsKey(tensor)) && !masked.Contains(tensor))
                    dense.Add(new DenseTensor(scope.Path + name, TensorBytes.ElementCount(tensor),
                        reasons.TryGetValue(tensor, out var reason) ? reason
                        : otherUses.TryGetValue(tensor, out var user) ? $"it is not a weight ({user.OpType} uses it)"
                        : "it is not the weight of an operator that can be masked"));
        }
        return dense;
    }

    /// <summary>Constants that are (also) read other than as a weight, with the first such node.</summary>
    static Dictionary<TensorProto, NodeProto> OtherUses(ModelProto model)
    {
        var uses = new Dictionary<TensorProto, NodeProto>(ReferenceEqualityComparer.Instance);
        foreach (var scope in GraphScope.All(model.Graph))
            foreach (var node in scope.Graph.Node.Where(node => !IsPassThrough(node)))
            {
                var weightInputs = IsKnown(node) || IsInteger(node) || IsDequantization(node) ? WeightInputs(node).ToHashSet() : [];
                foreach (var input in node.Input.Where(input => input.Length > 0 && !weightInputs.Contains(input)))
                    if (Resolve(scope, input, node) is { } constant) uses.TryAdd(constant.Tensor, node);
            }
        return uses;
    }

    /// <summary>Those of the weights that a graph has among its outputs, as they are or renamed.</summary>
    static HashSet<TensorProto> GivenOut(ModelProto model, List<Weight> weights)
    {
        var outputs = new HashSet<TensorProto>(ReferenceEqualityComparer.Instance);
        if (weights.Count == 0) return outputs;
        foreach (var scope in GraphScope.All(model.Graph))
            foreach (var output in scope.Graph.Output)
                if (Resolve(scope, output.Name, weights[0].User) is { } constant) outputs.Add(constant.Tensor);
        return outputs;
    }

    /// <summary>Weights of an operator on integers, which says itself what they stand for; not behind other nodes, where the axis
    /// of the scales would be another.</summary>
    static Weight? ResolveIntegers(GraphScope scope, string name, NodeProto user) =>
        Resolve(scope, name, user) is { Quantization: null } weight && (weight.ConstantNode?.Output[0] ?? weight.Tensor.Name) == name
            ? weight with { Quantization = Quantization.Of(scope, user, user.Input.IndexOf(name), weight.Tensor) } : null;

    static Weight? Resolve(GraphScope scope, string name, NodeProto user)
    {
        // A chain of renamings is short; the bound ends a graph that is wrongly cyclic.
        for (var step = 0; step < 32; step++)
        {
            if (!scope.TryResolve(name, out var owner, out var initializer, out var producer)) return null;
            if (initializer is not null) return new Weight(owner, initializer, null, user);
            if (producer!.OpType == "Constant" && ConstantValue(producer) is { } value)
                return new Weight(owner, value, producer, user);
            if (IsDequantization(producer))
                return producer.Input.Count > 0 && owner.TryResolve(producer.Input[0], out var holder, out var integers, out var constant)
                    && (integers ?? (constant!.OpType == "Constant" ? ConstantValue(constant) : null)) is { } tensor
                    ? new Weight(holder, tensor, integers is null ? constant : null, user) { Quantization = Quantization.Of(owner, producer, 0, tensor) } : null;
            if (!IsPassThrough(producer) || producer.Input.Count == 0) return null;
            (scope, name) = (owner, producer.Input[0]);
        }
        return null;
    }

    static IEnumerable<string> WeightInputs(NodeProto node) => node.OpType switch
    {
        "Conv" or "ConvTranspose" => node.Input.Skip(1).Take(1),
        "DequantizeLinear" => node.Input.Take(1),
        _ when IsInteger(node) => IntegerOperators.WeightInputs(node).Where(index => index < node.Input.Count).Select(index => node.Input[index]),
        _ => node.Input.Take(2),
    };

    /// <summary>The tensor of a Constant node; null if it is given in another form.</summary>
    public static TensorProto? ConstantValue(NodeProto node) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == "value")?.T;

    static bool IsKnown(NodeProto node) => IsStandard(node) && Known.Contains(node.OpType);

    static bool IsInteger(NodeProto node) => IsStandard(node) && IntegerOperators.KindOf(node) is not null;

    static bool IsDequantization(NodeProto node) => IsStandard(node) && node.OpType == "DequantizeLinear";

    static bool IsPassThrough(NodeProto node) => IsStandard(node) && PassThrough.Contains(node.OpType);

    static bool IsStandard(NodeProto node) => node.Domain is "" or "ai.onnx";

    /// <summary>Whether a name fits one of the patterns of a selection.</summary>
    public static bool Matches(IReadOnlyList<string> patterns, string name) =>
        patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));
}
