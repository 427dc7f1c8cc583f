using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// What an operator takes for its <see cref="Epilogue"/>: inputs scale?, shift? and addend?; attributes
/// <c>activation</c> (0: an <see cref="Activation"/>), <c>alpha</c> and <c>beta</c> (0).
/// </summary>
internal sealed unsafe class EpilogueInputs
{
    private readonly Activation _activation;
    private readonly float _alpha;
    private readonly float _beta;
    private readonly int _first;

    /// <param name="attributes">Attributes of the node.</param>
    /// <param name="first">Index of the input scale; the others follow.</param>
    /// <exception cref="ArgumentException">There is no such activation.</exception>
    public EpilogueInputs(OperatorAttributes attributes, int first)
    {
        long activation = attributes.Integer("activation", 0);
        if (activation is < 0 or > (long)Activation.HardSwish)
        {
            throw new ArgumentException(
                $"Attribute 'activation' is {activation}; it must be 0 to {(long)Activation.HardSwish}.");
        }
        (_activation, _alpha, _beta) =
            ((Activation)activation, attributes.Float("alpha", 0), attributes.Float("beta", 0));
        _first = first;
    }

    /// <summary>Scale, shift and activation of one call.</summary>
    /// <param name="context">The call.</param>
    /// <param name="outputs">Rows of the weights, or output channels.</param>
    /// <exception cref="ArgumentException">There is not one value per output.</exception>
    public Epilogue Of(OperatorContext context, int outputs) => new()
    {
        Scale = Parameter(context, _first, "scale", outputs),
        Shift = Parameter(context, _first + 1, "shift", outputs),
        Activation = _activation,
        Alpha = _alpha,
        Beta = _beta,
    };

    /// <summary>The values that are added before the activation, or null.</summary>
    /// <exception cref="ArgumentException">They are not shaped as the output.</exception>
    public float* Addend(OperatorContext context, ReadOnlySpan<long> output)
    {
        if (!context.TryInput(_first + 2, out var addend))
            return null;
        OperatorShapes.Require("addend", addend, output, "as the output has");
        return addend.Data;
    }

    private static float* Parameter(OperatorContext context, int index, string name, int outputs)
    {
        if (!context.TryInput(index, out var parameter))
            return null;
        OperatorShapes.Require(name, parameter, [outputs], "a value per output");
        return parameter.Data;
    }
}
