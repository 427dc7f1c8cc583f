namespace Elsa.MLNet.Onnx;

/// <summary>
/// How gradients pass backwards through an operator: appends the nodes that make, from the gradients of a node's
/// outputs, those of its inputs.
/// </summary>
internal abstract class GradientRule
{
    /// <summary>Operators of the standard domain that this rule is for.</summary>
    public abstract IReadOnlyList<string> OperatorTypes { get; }

    /// <summary>
    /// Gives a gradient to every input that needs one (<see cref="GradientContext.Needs"/>). An input that gets none
    /// has the gradient 0.
    /// </summary>
    /// <exception cref="NotSupportedException">The rule does not cover this form of the operator.</exception>
    public abstract void Apply(GradientContext context);
}
