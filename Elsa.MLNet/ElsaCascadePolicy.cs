using Microsoft.ML;

namespace Elsa.MLNet;

/// <summary>
/// The rule that a sparse level answers the rows of which it is sure, and a denser one the others. Where
/// <see cref="ElsaLevelPolicy"/> picks one level for all rows, this one picks per row. Made by
/// <see cref="ElsaLevelPolicy.Cascade(IDataView, ElsaCascadeOptions?)"/>, applied by
/// <see cref="ElsaTransformer.WithLevel(ElsaCascadePolicy)"/>. Immutable.
/// </summary>
public sealed class ElsaCascadePolicy
{
    internal ElsaCascadePolicy(IDataView heldOut, ElsaCascadeOptions options) =>
        (HeldOut, Options) = (heldOut, options);

    internal ElsaCascadePolicy(double threshold, ElsaCascadeOptions options) =>
        (Threshold, Options) = (threshold, options);

    /// <summary>Rows that the threshold is found on; null if it is given.</summary>
    internal IDataView? HeldOut { get; }

    internal double Threshold { get; }

    internal ElsaCascadeOptions Options { get; }

    /// <summary>The rule in words.</summary>
    public override string ToString()
    {
        string levels = Options.Levels is { } names ? string.Join(", ", names) : "the sparsest and the dense level";
        return HeldOut is null
            ? FormattableString.Invariant($"{levels}, each for rows of which it is surer than {Threshold:0.###} (log-odds)")
            : FormattableString.Invariant($"{levels}, so that at most {Options.MaximumLoss} of the rows are lost");
    }
}
