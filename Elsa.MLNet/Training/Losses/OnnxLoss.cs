using Elsa.MLNet.Onnx;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training.Losses;

/// <summary>A loss given as an ONNX model of (output, label) -> scalar; its nodes become part of the training
/// graph.</summary>
internal sealed class OnnxLoss : ElsaLoss
{
    private const string Prefix = "elsa_loss/";

    private readonly ModelProto _model;
    private readonly ValueInfoProto[] _inputs;
    private readonly bool _labelIsClass;

    /// <exception cref="ArgumentException">The model is not of this form.</exception>
    public OnnxLoss(ReadOnlyMemory<byte> model, string name)
    {
        (Name, Identity) = (name, ContentHash.Of(model.Span));
        _model = OnnxReader.Parse(model);
        var initializers = _model.Graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        _inputs = [.. _model.Graph.Input.Where(input => !initializers.Contains(input.Name))];
        if (_inputs.Length != 2 || _model.Graph.Output.Count < 1)
            throw new ArgumentException($"The loss '{name}' has {_inputs.Length} inputs and {_model.Graph.Output.Count} outputs; it needs " +
                "two inputs, the model's output and the label, and the loss as its first output.", nameof(model));
        if (_inputs[0].Type?.TensorType?.ElemType is { } scored and not (int)DataType.Float)
            throw new ArgumentException($"The first input of the loss '{name}', '{_inputs[0].Name}', is {ElementTypes.Name(scored)}; " +
                "it must be float32, as the model's output.", nameof(model));
        var type = (DataType)(_inputs[1].Type?.TensorType?.ElemType ?? 0);
        _labelIsClass = type == DataType.Int64;
        if (type is not (DataType.Int64 or DataType.Float))
            throw new ArgumentException($"The label of the loss '{name}', its input '{_inputs[1].Name}', is {ElementTypes.Name((int)type)}; " +
                "allowed are int64 for classes and float32 for values.", nameof(model));
        if (!ReadBy(_model.Graph, _model.Graph.Output[0].Name).Contains(_inputs[0].Name))
            throw new ArgumentException($"The output '{_model.Graph.Output[0].Name}' of the loss '{name}' does not depend on its first input, " +
                $"'{_inputs[0].Name}', so nothing could be minimised. Compute it from the model's output.", nameof(model));
        OpsetUpgrade.Apply(_model);
    }

    public override string Name { get; }

    internal override string Identity { get; }

    internal override bool NeedsLabel => true;

    internal override LossTarget Target(OutputHead head, LabelKind? label)
    {
        var dimensions = head.OutputShape.Dimensions;
        var target = _labelIsClass
            ? new LossTarget(TargetKind.Class, new ValueShape(DataType.Int64, dimensions[0]), Classes: dimensions
            is [_, .., > 1] ? (int)dimensions[^1] : 2)
            : new LossTarget(TargetKind.Values, new ValueShape(DataType.Float, DeclaredLabel(dimensions)));
        var loss = ShapeOf(head.OutputShape, target.Shape);
        return loss is { Type: DataType.Float, Count: 1 } ? target
            : throw new ArgumentException($"The loss '{Name}' makes {loss} of the output " +
            $"'{head.Output}', {head.OutputShape}, and a label of {target.Shape}; it must make a single float32. Reduce it, e.g. with ReduceMean.");
    }

    internal override string Append(LossContext context)
    {
        RaiseOpset(context.Model);
        var graph = context.Graph.Graph;
        var copy = _model.Graph.Clone();
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [""] = "",
            [_inputs[0].Name] = context.Head.Output,
            [_inputs[1].Name] = context.Target,
        };
        var prefix = Prefix + context.Target + "/";
        foreach (var tensor in copy.Initializer) tensor.Name = renamed[tensor.Name] = prefix + tensor.Name;
        foreach (var node in copy.Node)
        {
            if (node.Attribute.Any(attribute => attribute.G is not null || attribute.Graphs.Count > 0))
                throw new NotSupportedException($"The loss '{Name}' has a subgraph in node '{GraphScope.NameOf(node)}'; write it without.");
            for (var index = 0; index < node.Input.Count; index++) node.Input[index] = renamed[node.Input[index]];
            for (var index = 0; index < node.Output.Count; index++)
                if (node.Output[index].Length > 0)
                    node.Output[index] = renamed[node.Output[index]] = prefix + node.Output[index];
            // A name may be missing, but not be there twice.
            if (node.Name.Length > 0) node.Name = prefix + node.Name;
        }
        graph.Initializer.Add(copy.Initializer);
        graph.Node.Add(copy.Node);
        return context.Graph.Reshape(renamed[_model.Graph.Output[0].Name]);
    }

    /// <summary>The values behind a value, itself among them.</summary>
    private static HashSet<string> ReadBy(GraphProto graph, string output)
    {
        var read = new HashSet<string>(StringComparer.Ordinal) { output };
        foreach (var node in graph.Node.Reverse().Where(node => node.Output.Any(read.Contains)))
            read.UnionWith(node.Input);
        return read;
    }

    /// <summary>What the loss makes of an output and a label.</summary>
    private ValueShape ShapeOf(ValueShape output, ValueShape label)
    {
        var probe = _model.Clone();
        foreach (var (input, shape) in ((ValueInfoProto, ValueShape)[])[(_inputs[0], output), (_inputs[1], label)])
            probe.Graph.Input.Single(value => value.Name == input.Name).Type = GraphValue.Of(input.Name, shape).Type;
        var made = probe.Graph.Output[0].Name;
        probe.Graph.Output.Clear();
        try
        {
            return ShapeProbe.Run(probe).Shapes[made];
        }
        catch (ArgumentException refusal)
        {
            throw new ArgumentException($"The loss '{Name}' does not run on an output of {output} and a label of {label}: {refusal.Message}", refusal);
        }
    }

    /// <summary>The label's declared dimensions, as far as they are known; else the output's.</summary>
    private long[] DeclaredLabel(long[] output)
    {
        var declared = _inputs[1].Type.TensorType.Shape?.Dim;
        return declared is { Count: > 0 } && declared.Skip(1).All(dimension => dimension.HasDimValue)
            ? [output[0], .. declared.Skip(1).Select(dimension => dimension.DimValue)] : output;
    }

    private const int PerChannel = 21;

    private void RaiseOpset(ModelProto model)
    {
        var (own, needed) = (Standard(model), Standard(_model));
        // Their scale and bias are per group before and per channel since.
        if (own.Version < PerChannel && needed.Version >= PerChannel && model.Graph.Node.Any(node => node.OpType == "GroupNormalization"))
            throw new ArgumentException($"The loss '{Name}' has opset {needed.Version} and the model opset {own.Version}, and the model's " +
                $"GroupNormalization means another thing from opset {PerChannel} on. Export the loss with opset {PerChannel - 1} or less, or " +
                $"the model with {PerChannel} or more.");
        own.Version = Math.Max(own.Version, needed.Version);
        model.IrVersion = Math.Max(model.IrVersion, _model.IrVersion);

        static OperatorSetIdProto Standard(ModelProto any) =>
            any.OpsetImport.Single(set => set.Domain is "" or "ai.onnx");
    }
}
