using System.Globalization;

namespace Elsa.MLNet;

/// <summary>
/// How a level's mask is reached while it trains. Masks are chosen by importance among all weights, but always keep
/// what the sparser level keeps; a dropped weight is zero.
/// </summary>
public abstract class ElsaSparsifier
{
    private protected ElsaSparsifier() { }

    /// <summary>The whole mask before the first step.</summary>
    public static ElsaSparsifier OneShot { get; } = new OneShotSparsifier();

    /// <summary>
    /// The sparsity rises from 0 to the level's s as s (1 - (1 - t / R)^3) at step t up to step R, and then stays (Zhu
    /// and Gupta 2017, arXiv 1710.01878).
    /// </summary>
    /// <param name="share">R as a share of the level's steps, above 0 to 1. The default value is 0.5.</param>
    /// <param name="updates">How often the mask is chosen anew until then, at least 1. The default value is 50.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static ElsaSparsifier Gradual(double share = 0.5, int updates = 50) => new GradualSparsifier(
        share is > 0 and <= 1 ? share : throw new ArgumentOutOfRangeException(nameof(share), share, "The share of the steps is " +
            $"{share.ToString(CultureInfo.InvariantCulture)}; allowed is above 0 to 1."),
        updates >= 1 ? updates : throw new ArgumentOutOfRangeException(nameof(updates), updates, $"{updates} updates; give at least 1."));

    /// <summary>
    /// Alternating compressed and decompressed training (AC/DC, Peste et al. 2021, arXiv 2106.12379): the steps are cut
    /// into cycles of two equal phases; in the first all weights train, in the second those of a mask chosen at its
    /// start.
    /// </summary>
    /// <param name="cycles">Number of cycles, at least 1. The default value is 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is less than one cycle.</exception>
    public static ElsaSparsifier AcDc(int cycles = 2) => new AcDcSparsifier(
        cycles >= 1 ? cycles : throw new ArgumentOutOfRangeException(nameof(cycles), cycles, $"{cycles} cycles; give at least 1."));

    /// <summary>Name in the manifest, with its numbers.</summary>
    public abstract string Name { get; }

    /// <summary>The sparsity to be set before step t = 0..T-1; null to leave the mask as it is.</summary>
    /// <param name="step">t.</param>
    /// <param name="steps">T.</param>
    /// <param name="sparsity">The level's sparsity.</param>
    internal abstract double? Change(long step, long steps, double sparsity);

    private sealed class OneShotSparsifier : ElsaSparsifier
    {
        public override string Name => "one-shot";

        internal override double? Change(long step, long steps, double sparsity) => step == 0 ? sparsity : null;
    }

    private sealed class GradualSparsifier(double share, int updates) : ElsaSparsifier
    {
        public override string Name => string.Create(CultureInfo.InvariantCulture, $"gradual(share {share}, updates {updates})");

        internal override double? Change(long step, long steps, double sparsity)
        {
            // Update u = 1..U lies before step u R / U, at which the share u / U of the way is done; the last step
            // comes after all.
            var end = Math.Min(share * steps, steps - 1);
            var due = Due(step);
            return due == Due(step - 1) ? null : sparsity * (1 - Math.Pow(1 - (double)due / updates, 3));

            int Due(long at) => at < 0 ? 0 : end < 1 ? updates
                : (int)Math.Min(updates, Math.Floor(at * updates / end + 1e-9));
        }
    }

    private sealed class AcDcSparsifier(int cycles) : ElsaSparsifier
    {
        public override string Name => $"ac/dc({cycles} cycles)";

        internal override double? Change(long step, long steps, double sparsity)
        {
            var phase = Phase(step);
            if (step > 0 && Phase(step - 1) == phase) return null;
            return phase % 2 == 0 ? 0 : sparsity;

            // With fewer steps than phases the last step still has the mask.
            long Phase(long at) => at == steps - 1 ? 2L * cycles - 1 : at * 2 * cycles / steps;
        }
    }
}
