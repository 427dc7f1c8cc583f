using Microsoft.ML.OnnxRuntime.Tensors;

namespace Elsa.MLNet.Operators;

/// <summary>An input or output of an operator.</summary>
/// <param name="Name">As the operator's documentation calls it.</param>
/// <param name="IsOptional">Whether a node may leave it out.</param>
/// <param name="ElementType">Element type of the tensor.</param>
internal readonly record struct OperatorArgument(
    string Name, bool IsOptional = false, TensorElementType ElementType = TensorElementType.Float);

/// <summary>
/// An operator of our own that ONNX Runtime calls. A new one is a class like this and one line in
/// <see cref="ElsaOperators"/>.
/// </summary>
internal abstract class ElsaOperator(
    string name, IReadOnlyList<OperatorArgument> inputs, IReadOnlyList<OperatorArgument> outputs)
{
    /// <summary>The input of an operator that <see cref="WritesInto"/> one.</summary>
    public const int Into = 4;

    public string Name { get; } = name;

    public IReadOnlyList<OperatorArgument> Inputs { get; } = inputs;

    public IReadOnlyList<OperatorArgument> Outputs { get; } = outputs;

    /// <summary>Whether ONNX Runtime is to let the output lie in the memory of input <see cref="Into"/>, if the node has
    /// it; only where the output is one of the graph's it does not.</summary>
    public virtual bool WritesInto => false;

    /// <summary>What one node of a session does. What it throws fails the session's creation, with its text.</summary>
    public abstract OperatorKernel CreateKernel(OperatorAttributes attributes);
}

/// <summary>
/// One node of one session. ONNX Runtime may call it from several runs at once, so that it keeps no state of a call.
/// </summary>
internal abstract class OperatorKernel
{
    /// <summary>Reads the inputs, writes the outputs. What it throws fails the run, with its text.</summary>
    public abstract void Compute(OperatorContext context);
}

/// <summary>The attributes of a node, to be read while its kernel is created.</summary>
internal readonly ref struct OperatorAttributes(nint info)
{
    private readonly nint _info = info;

    public float Float(string name, float absent) => RuntimeApi.Attribute(_info, name, absent);

    public long Integer(string name, long absent) => RuntimeApi.Attribute(_info, name, absent);

    public bool Flag(string name) => RuntimeApi.Attribute(_info, name, 0L) != 0;

    public long[]? Integers(string name) => RuntimeApi.Attribute(_info, name);

    /// <summary>A required shape of images or their weights.</summary>
    /// <exception cref="ArgumentException">The attribute is missing or does not have 4 positive values.</exception>
    public long[] Shape(string name)
    {
        var shape = Integers(name);
        return shape is { Length: 4 } && shape.All(dimension => dimension > 0)
            ? shape
            : throw new ArgumentException(
                $"Attribute '{name}' is {(shape is null ? "missing" : OperatorShapes.Text(shape))}; it must have 4 " +
                "positive values.");
    }
}
