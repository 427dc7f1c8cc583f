using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Brings a model of opset 7 to 17 into the forms of opset 18, in which gradient rules read graphs. It computes the
/// same. An operator whose form changed is one file here and one line below; all others kept theirs, or only grew.
/// </summary>
internal static class OpsetUpgrade
{
    /// <summary>The opset that models have afterwards.</summary>
    public const int Target = GraphBuilder.MinimumOpset;

    /// <summary>The oldest opset that can be upgraded.</summary>
    public const int Oldest = 7;

    // Opset 18 came with this version of the file format.
    const long TargetIrVersion = 8;

    // Until this version every initializer was among the graph's inputs.
    const long InitializersAreNoInputs = 4;

    static readonly Dictionary<string, OperatorUpgrade> ByOperator = new OperatorUpgrade[]
    {
        new AxesUpgrade(13, "ReduceSum", "Squeeze", "Unsqueeze"),
        new AxesUpgrade(18, "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
            "ReduceMin", "ReduceProd", "ReduceSumSquare"),
        new BatchNormalizationUpgrade(),
        new ClipUpgrade(),
        new DropoutUpgrade(),
        new PadUpgrade(),
        new RemovedOperators(),
        new ResizeUpgrade(),
        new RoiAlignUpgrade(),
        new ScanUpgrade(),
        new ScatterUpgrade(),
        new SliceUpgrade(),
        new SoftmaxUpgrade(),
        new SplitUpgrade(),
        new TopKUpgrade(),
        new UpsampleUpgrade(),
    }.SelectMany(upgrade => upgrade.OperatorTypes.Select(type => (type, upgrade)))
        .ToDictionary(pair => pair.type, pair => pair.upgrade, StringComparer.Ordinal);

    /// <summary>Upgrades the model; one of opset 18 or later is left as it is.</summary>
    /// <param name="model">The model; changes.</param>
    /// <exception cref="NotSupportedException">Its opset is older than 7 or missing, or an operator's old form has no
    /// equal in opset 18.</exception>
    public static void Apply(ModelProto model)
    {
        var import = model.OpsetImport.FirstOrDefault(opset => IsStandard(opset.Domain))
            ?? throw new NotSupportedException("The model imports no opset of the standard operators (domain ''); it needs " +
                $"one of version {Oldest} or later. Export it again.");
        if (import.Version >= Target) return;
        if (import.Version < Oldest)
            throw new NotSupportedException($"The model is of opset {import.Version}; opsets from {Oldest} on can be trained. " +
                "Export it again with a later opset, or convert it.");
        if (model.Functions.FirstOrDefault() is { } function)
            throw new NotSupportedException($"The model of opset {import.Version} defines the function '{function.Name}'; " +
                $"functions are supported from opset {Target} on. " +
                $"Inline the functions, or export the model again with opset {Target}.");
        if (model.IrVersion < InitializersAreNoInputs) KeepInitializersConstant(model.Graph);
        model.IrVersion = Math.Max(model.IrVersion, TargetIrVersion);
        Rewrite(model.Graph, import.Version);
        import.Version = Target;
    }

    public static bool IsStandard(string domain) => domain is "" or "ai.onnx";

    /// <summary>
    /// Later versions let callers give another value to an initializer that is an input; here nobody could.
    /// </summary>
    static void KeepInitializersConstant(GraphProto graph)
    {
        var initializers = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var input in graph.Input.Where(input => initializers.Contains(input.Name)).ToList())
            graph.Input.Remove(input);
    }

    static void Rewrite(GraphProto main, long opset)
    {
        var scopes = GraphScope.All(main);
        var types = new FloatTypes(scopes);
        for (var index = 0; index < scopes.Count; index++)
        {
            var graph = scopes[index].Graph;
            var builder = new GraphBuilder(graph, $"elsa_upgrade/{index}/");
            var nodes = graph.Node.ToList();
            graph.Node.Clear();
            foreach (var node in nodes)
                if (IsStandard(node.Domain) && ByOperator.TryGetValue(node.OpType, out var upgrade)
                    && opset < upgrade.Since)
                    upgrade.Apply(new UpgradeContext(builder, scopes[index], types, node, opset));
                else graph.Node.Add(node);
        }
    }
}
