using Elsa.MLNet.Onnx;
using Elsa.MLNet.Training.Losses;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training;

/// <summary>
/// One training step as an ONNX model: from a batch, the targets and the parameters to the loss and the next
/// parameters. Parameters that are not selected keep their bits, because the next value is a choice, trained ? w - step
/// : w, and not a product: 0 NaN is NaN.
/// </summary>
internal sealed class TrainingGraph
{
    public const string Prefix = "elsa_training/", Loss = Prefix + "loss", Rate = Prefix + "rate", StepNumber = Prefix +
        "step";

    private TrainingGraph(ModelProto model, ParameterVector weights, ParameterVector sides, ParameterVector statistics,
        bool updatesStatistics) =>
        (Model, Weights, Sides, Statistics, UpdatesStatistics) = (model, weights, sides, statistics, updatesStatistics);

    public ModelProto Model { get; }

    /// <summary>The masked weights.</summary>
    public ParameterVector Weights { get; }

    /// <summary>The side parameters that train.</summary>
    public ParameterVector Sides { get; }

    /// <summary>Running means and variances of BatchNormalization.</summary>
    public ParameterVector Statistics { get; }

    /// <summary>Whether normalisation is by the batch, and the running statistics follow; else it is by
    /// these.</summary>
    public bool UpdatesStatistics { get; }

    public static string Target(int index) => $"{Prefix}target{index}";

    public static string Next(string vector) => vector + "/next";

    public static string Trained(string vector) => vector + "/trained";

    public static string State(string vector, int index) => $"{vector}/state{index}";

    /// <summary>Builds the graph.</summary>
    /// <param name="prepared">The dense model at the training batch; not changed.</param>
    /// <param name="masked">Names of the masked weights, in order.</param>
    /// <param name="others">Names of the side parameters that train, in order.</param>
    /// <param name="losses">Per loss its output's head, its target and its weight.</param>
    /// <param name="training">Optimizer and gradient clipping.</param>
    /// <param name="frozenStatistics">Names of the running statistics that BatchNormalization uses; null to use those
    /// of the batch.</param>
    /// <param name="hasOperator">Whether the runtime has an operator of ours.</param>
    /// <exception cref="NotSupportedException">An operator between a trained weight and a loss has no gradient
    /// rule, or no gradient reaches any of them.</exception>
    public static TrainingGraph Build(PreparedModel prepared, IReadOnlyList<string> masked,
        IReadOnlyList<string> others,
        IReadOnlyList<(ElsaLoss Loss, OutputHead Head, LossTarget Target, double Weight)> losses, ElsaTraining training,
        IReadOnlyList<string>? frozenStatistics, Func<NodeProto, bool> hasOperator)
    {
        var model = prepared.Model.Clone();
        var graph = model.Graph;
        var builder = new GraphBuilder(graph, Prefix);
        var terms = new List<string>();
        for (var index = 0; index < losses.Count; index++)
        {
            var (loss, head, target, weight) = losses[index];
            graph.Input.Add(GraphValue.Of(Target(index), target.Shape));
            var value = loss.Append(new LossContext(model, builder, head, Target(index), target.Classes));
            terms.Add(weight == 1 ? value : builder.Mul(value, builder.Number(weight)));
        }
        builder.Append("Sum", "", terms, [Loss]);
        var probed = ShapeProbe.Run(model);
        // Of the model they are folded already, of a loss that was given not yet.
        StaticValues.Fold(graph, probed.Constants);
        var shapes = probed.Shapes;

        var tensors = graph.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var weights = new ParameterVector(Prefix + "weights", masked.Select(name => prepared.Trained[name]));
        var sides = new ParameterVector(Prefix + "sides", others.Select(name => prepared.Trained[name]));
        var byBatch = frozenStatistics is null;
        IReadOnlyList<NormalizedBatch> batches = byBatch ? BatchStatistics.Apply(graph, shapes) : [];
        var statistics = new ParameterVector(Prefix + "statistics", (frozenStatistics
            ?? batches.SelectMany(batch => (string[])[batch.RunningMean, batch.RunningVariance]).Distinct())
            .Select(name => tensors[name]));
        if (statistics.Parts.FirstOrDefault(part => tensors[part.Name].DataType != (int)DataType.Float) is { } other)
            throw new NotSupportedException($"The running statistics '{other.Name}' of a BatchNormalization are " +
                $"{ElementTypes.Name(tensors[other.Name].DataType)}; training needs float32. Convert the model to float32.");
        foreach (var part in statistics.Parts) graph.Initializer.Remove(tensors[part.Name]);
        foreach (var input in graph.Input.Where(input => prepared.Trained.ContainsKey(input.Name)).ToList())
            graph.Input.Remove(input);

        var gradients = Differentiation.Apply(graph, shapes,
            new Dictionary<string, string> { [Loss] = builder.Number(1) },
            [.. weights.Parts.Concat(sides.Parts).Select(part => part.Name)]);
        if (gradients.Count == 0)
            throw new NotSupportedException("No gradient reaches a trained weight: between them and the loss lie values that only jump, such as " +
                "whole numbers or comparisons. Choose a loss, or an output, that is computed of them in float32.");
        graph.Output.Clear();
        graph.Output.Add(GraphValue.Of(Loss, new ValueShape(DataType.Float)));
        graph.Input.Add(GraphValue.Of(Rate, new ValueShape(DataType.Float)));
        graph.Input.Add(GraphValue.Of(StepNumber, new ValueShape(DataType.Float)));
        Update(graph, builder, [weights, sides], gradients, training);
        if (byBatch) Follow(graph, builder, statistics, batches);
        weights.Open(graph, builder);
        sides.Open(graph, builder);
        if (!byBatch) statistics.Open(graph, builder);
        else if (statistics.Length > 0)
            graph.Input.Add(GraphValue.Of(statistics.Name, new ValueShape(DataType.Float, statistics.Length)));
        NormalizedActivations.Apply(graph, shapes);
        TrainedConvolutions.Apply(graph, shapes);
        Lowering.Apply(graph, shapes, hasOperator);
        DeclareOperators(model);
        return new TrainingGraph(model, weights, sides, statistics, byBatch);
    }

    private static void Update(GraphProto graph, GraphBuilder builder, ParameterVector[] vectors,
        IReadOnlyDictionary<string, string> gradients, ElsaTraining training)
    {
        foreach (var vector in vectors.Where(vector => vector.Length > 0))
            graph.Input.Add(GraphValue.Of(Trained(vector.Name), new ValueShape(DataType.Bool, vector.Length)));
        var joined = vectors.Select(vector => vector.Length == 0 ? "" : vector.Join(builder, gradients)).ToArray();
        var scale = training.MaximumGradientNorm is { } limit ? Scale(limit) : null;
        for (var index = 0; index < vectors.Length; index++)
        {
            var vector = vectors[index];
            if (vector.Length == 0) continue;
            var shape = new ValueShape(DataType.Float, vector.Length);
            string[] state = [.. Enumerable.Range(0, training.Optimizer.StateCount).Select(number => State(vector.Name, number))];
            var gradient = scale is null ? joined[index] : builder.Mul(joined[index], scale);
            training.Optimizer.Append(builder,
                new ElsaOptimizer.Vectors(vector.Name, gradient, state, Trained(vector.Name), Rate, StepNumber,
                Decays: index == 0, Next(vector.Name), [.. state.Select(Next)]));
            foreach (var name in state)
            {
                graph.Input.Add(GraphValue.Of(name, shape));
                graph.Output.Add(GraphValue.Of(Next(name), shape));
            }
            graph.Output.Add(GraphValue.Of(Next(vector.Name), shape));
        }

        string Scale(double limit)
        {
            // Gradients of frozen weights do not count for the norm.
            var squares = vectors.Zip(joined).Where(pair => pair.First.Length > 0).Select(pair =>
                builder.Reduce("ReduceSumSquare",
                builder.Where(Trained(pair.First.Name), pair.Second, builder.Number(0)), [0], false));
            var norm = builder.Node("Sqrt", [builder.Node("Sum", squares)]);
            return builder.Div(builder.Number(limit), builder.Node("Max", [norm, builder.Number(limit)]));
        }
    }

    // running = running + m (batch - running), the variance unbiased.
    private static void Follow(GraphProto graph, GraphBuilder builder, ParameterVector statistics,
        IReadOnlyList<NormalizedBatch> batches)
    {
        if (statistics.Length == 0) return;
        var moved = new Dictionary<string, string>(StringComparer.Ordinal);
        var rates = new float[statistics.Length];
        foreach (var batch in batches)
        {
            moved[batch.RunningMean] = batch.BatchMean;
            moved[batch.RunningVariance] = builder.Mul(batch.BatchVariance,
                builder.Number((double)batch.ValuesPerChannel / (batch.ValuesPerChannel - 1)));
            foreach (var part in statistics.Parts)
                if (part.Name == batch.RunningMean || part.Name == batch.RunningVariance)
                    part.Of(rates).Fill(batch.Momentum);
        }
        var difference = builder.Sub(statistics.Join(builder, moved), statistics.Name);
        builder.Append("Add", "", [statistics.Name, builder.Mul(difference, builder.Numbers(rates, rates.Length))], [Next(statistics.Name)]);
        graph.Output.Add(GraphValue.Of(Next(statistics.Name), new ValueShape(DataType.Float, statistics.Length)));
    }

    private static void DeclareOperators(ModelProto model)
    {
        if (model.Graph.Node.Any(node => node.Domain == GraphBuilder.ElsaDomain))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = GraphBuilder.ElsaDomain, Version = 1 });
    }
}
