using System.Runtime.InteropServices;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>What a rule knows of the node it is applied to, and where it puts the gradients.</summary>
/// <param name="differentiation">The graph at work.</param>
/// <param name="node">The node.</param>
/// <param name="outputGradients">Per output the name of its gradient, of the output's shape; null where none
/// arrives.</param>
internal sealed class GradientContext(Differentiation differentiation, NodeProto node, string?[] outputGradients)
{
    public NodeProto Node => node;

    /// <summary>Where nodes are appended.</summary>
    public GraphBuilder Graph => differentiation.Builder;

    public int InputCount => node.Input.Count;

    public string Input(int index) => node.Input[index];

    /// <summary>Whether the node has that input; optional ones may be left out or empty.</summary>
    public bool HasInput(int index) => index < node.Input.Count && node.Input[index].Length > 0;

    public string Output(int index = 0) => node.Output[index];

    public ValueShape InputShape(int index) => differentiation.Shape(node.Input[index]);

    public ValueShape OutputShape(int index = 0) => differentiation.Shape(node.Output[index]);

    /// <summary>The element type of the first output.</summary>
    public DataType Type => OutputShape().Type;

    /// <summary>Whether a trained weight lies behind the input, so that its gradient is wanted.</summary>
    public bool Needs(int index) => HasInput(index) && differentiation.Needs(node.Input[index]);

    /// <summary>The gradient of the first output.</summary>
    public string OutputGradient => outputGradients[0]
        ?? throw Unsupported("only another output than the first leads to the loss");

    /// <summary>The gradient of an output; null if it does not lead to the loss.</summary>
    public string? OutputGradientOrNull(int index) => index < outputGradients.Length ? outputGradients[index] : null;

    /// <summary>Gives an input a gradient of the input's shape; several add up.</summary>
    public void Give(int index, string gradient) => differentiation.Add(node.Input[index], gradient);

    /// <summary>Gives an input a gradient of the first output's shape, summed over what broadcasting
    /// repeated.</summary>
    public void GiveSummed(int index, string gradient) => Give(index, Summed(index, gradient));

    /// <summary>A value of the first output's shape, summed to an input's over what broadcasting repeated.</summary>
    public string Summed(int index, string value) =>
        Broadcasting.SumTo(Graph, value, OutputShape().Dimensions, InputShape(index).Dimensions);

    /// <summary>A constant without dimensions in the node's element type.</summary>
    public string Number(double value) => Graph.Number(value, Type);

    public long Whole(string attribute, long otherwise) => NodeAttribute.Whole(node, attribute, otherwise);

    public float Real(string attribute, float otherwise) => NodeAttribute.Number(node, attribute, otherwise);

    public string Text(string attribute, string otherwise) => NodeAttribute.Text(node, attribute, otherwise);

    public long[]? Wholes(string attribute) => NodeAttribute.Wholes(node, attribute);

    /// <summary>Whether the node has that input and it is the same for every batch.</summary>
    public bool IsConstant(int index) => HasInput(index) && differentiation.Constant(Input(index)) is not null;

    /// <summary>The value of a bool input that is constant.</summary>
    /// <exception cref="NotSupportedException">The input is computed from data.</exception>
    public bool FlagInput(int index) => TensorBytes.Read(ConstantInput(index), null).Span[0] != 0;

    /// <summary>The values of an int64 or int32 input that is constant; null if the node has no such input.</summary>
    /// <exception cref="NotSupportedException">The input is computed from data.</exception>
    public long[]? WholeInput(int index)
    {
        if (!HasInput(index)) return null;
        var tensor = ConstantInput(index);
        var bytes = TensorBytes.Read(tensor, null).Span;
        return (DataType)tensor.DataType == DataType.Int32
            ? [.. MemoryMarshal.Cast<byte, int>(bytes).ToArray().Select(value => (long)value)]
            : MemoryMarshal.Cast<byte, long>(bytes).ToArray();
    }

    /// <summary>The values of a float32 or double input that is constant; null if the node has no such input.</summary>
    /// <exception cref="NotSupportedException">The input is computed from data.</exception>
    public double[]? RealInput(int index)
    {
        if (!HasInput(index)) return null;
        var tensor = ConstantInput(index);
        var bytes = TensorBytes.Read(tensor, null).Span;
        return (DataType)tensor.DataType == DataType.Double
            ? MemoryMarshal.Cast<byte, double>(bytes).ToArray()
            : [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(value => (double)value)];
    }

    /// <summary>The error for a form of the operator that the rule does not cover.</summary>
    public NotSupportedException Unsupported(string why) => differentiation.Unsupported(node, why);

    TensorProto ConstantInput(int index) => differentiation.Constant(Input(index))
        ?? throw Unsupported($"its input '{Input(index)}' is computed from the data; it must be constant for a " +
            "fixed batch");
}
