namespace Elsa.MLNet.Onnx;

/// <summary>The gradient of a reduction of x to y; in its formulas y and dy are broadcast to x.</summary>
internal abstract class ReductionGradient : GradientRule
{
    public sealed override void Apply(GradientContext context)
    {
        var reduction = new Reduction(context);
        if (!reduction.IsNone) context.Give(0, Gradient(context, reduction, reduction.Kept(context.OutputGradient)));
        else if (PassesWithoutAxes) context.Give(0, context.OutputGradient);
        else throw context.Unsupported("it has noop_with_empty_axes and no axes, where runtimes differ in the result");
    }

    /// <summary>Whether the operator is the identity if it reduces no axis; others are functions even then.</summary>
    protected abstract bool PassesWithoutAxes { get; }

    /// <summary>Makes the gradient of the input.</summary>
    /// <param name="context">The node.</param>
    /// <param name="reduction">Its axes.</param>
    /// <param name="gradient">The gradient of the output, with the reduced axes as 1.</param>
    protected abstract string Gradient(GradientContext context, Reduction reduction, string gradient);
}
