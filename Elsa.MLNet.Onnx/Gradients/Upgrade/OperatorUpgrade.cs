namespace Elsa.MLNet.Onnx;

/// <summary>How nodes of an operator whose form changed are written in opset 18.</summary>
internal abstract class OperatorUpgrade
{
    /// <summary>Operators of the standard domain that this is for.</summary>
    public abstract IReadOnlyList<string> OperatorTypes { get; }

    /// <summary>The first opset in which they have the form of opset 18; nodes of older ones are rewritten.</summary>
    public abstract long Since { get; }

    /// <summary>Appends nodes that compute the same; the node itself may be changed and appended.</summary>
    /// <exception cref="NotSupportedException">There are no such nodes.</exception>
    public abstract void Apply(UpgradeContext context);
}
