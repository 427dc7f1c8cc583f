using Elsa.MLNet.Augmentation;

namespace Elsa.MLNet;

/// <summary>
/// How rows are varied while a network trains on them, so that it does not learn them by heart. What happens to a row
/// depends only on the seed, the epoch and the row's position in the data. Rows for measuring are never varied.
/// </summary>
public abstract class ElsaAugmentation
{
    private protected ElsaAugmentation() { }

    /// <summary>Rows stay as they are.</summary>
    public static ElsaAugmentation None { get; } = new NoAugmentation();

    /// <summary>Name in the manifest.</summary>
    public abstract string Name { get; }

    internal virtual bool IsNone => false;

    /// <summary>Whether rows must be [channels, height, width].</summary>
    internal virtual bool NeedsPlanes => false;

    /// <summary>
    /// For pictures, rows of dimensions [channels, height, width]: every picture is moved by up to
    /// <paramref name="maximumShift"/> pixels up or down and left or right, each distance as likely as the others;
    /// pixels that come in are 0. Then it is mirrored left to right with probability 1/2 (Krizhevsky, Sutskever and
    /// Hinton 2012, section 4.1; He et al. 2016, arXiv 1512.03385, section 4.2, with 4 pixels for CIFAR-10).
    /// </summary>
    /// <param name="maximumShift">Pixels, at least 0 and less than height and width.</param>
    /// <param name="flipHorizontally">Whether to mirror. Leave it out where left and right matter, as in
    /// writing.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maximumShift"/> is negative.</exception>
    public static ElsaAugmentation ShiftAndFlip(int maximumShift, bool flipHorizontally = true)
    {
        if (maximumShift < 0)
            throw new ArgumentOutOfRangeException(nameof(maximumShift), maximumShift,
                $"The maximum shift is {maximumShift} pixels; give 0 (no shift) or more.");
        return new ShiftAndFlipAugmentation(maximumShift, flipHorizontally);
    }

    /// <summary>A function of your own.</summary>
    /// <param name="name">Name in the manifest.</param>
    /// <param name="change">Changes a row in place. Takes all randomness from the Random that it is given and keeps no
    /// state, or fitting again gives another network.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static ElsaAugmentation From(string name, RowChange change)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(change);
        return new OwnAugmentation(name, change);
    }

    /// <summary>Changes a row in place, while a batch is filled.</summary>
    /// <param name="row">Values of the row, to be read and written; finite before and after.</param>
    /// <param name="dimensions">Dimensions of a row of the model's input, without the batch.</param>
    /// <param name="random">Starts anew for every row and epoch; valid during the call only.</param>
    public delegate void RowChange(Span<float> row, ReadOnlySpan<long> dimensions, Random random);

    /// <exception cref="ArgumentException">Rows of these dimensions cannot be augmented so.</exception>
    internal virtual void Check(ReadOnlySpan<long> dimensions) { }

    internal abstract void Apply(Span<float> row, ReadOnlySpan<long> dimensions, Random random);

    private sealed class NoAugmentation : ElsaAugmentation
    {
        public override string Name => "none";

        internal override bool IsNone => true;

        internal override void Apply(Span<float> row, ReadOnlySpan<long> dimensions, Random random) { }
    }

    private sealed class ShiftAndFlipAugmentation(int maximumShift, bool flipHorizontally) : ElsaAugmentation
    {
        public override string Name => $"shift {maximumShift}{(flipHorizontally ? " and flip" : "")}";

        internal override bool NeedsPlanes => true;

        internal override void Check(ReadOnlySpan<long> dimensions)
        {
            var found = $"[{string.Join(", ", dimensions.ToArray())}]";
            if (dimensions.Length != 3)
                throw new ArgumentException(
                    "ElsaAugmentation.ShiftAndFlip is for pictures, rows of dimensions [channels, height, width], " +
                    $"but the model's rows are {found}. Choose ElsaAugmentation.None, or From " +
                    "with a function of your own.");
            if (maximumShift >= Math.Min(dimensions[1], dimensions[2]))
                throw new ArgumentException(
                    $"ElsaAugmentation.ShiftAndFlip may shift by {maximumShift} pixels, but the pictures are {found} " +
                    $"[channels, height, width]. Give less than {Math.Min(dimensions[1], dimensions[2])}.");
        }

        internal override void Apply(Span<float> row, ReadOnlySpan<long> dimensions, Random random)
        {
            var picture = new PlanarPicture(row, (int)dimensions[1], (int)dimensions[2]);
            picture.Shift(random.Next(-maximumShift, maximumShift + 1), random.Next(-maximumShift, maximumShift + 1));
            if (flipHorizontally && random.Next(2) == 1) picture.Flip();
        }
    }

    private sealed class OwnAugmentation(string name, RowChange change) : ElsaAugmentation
    {
        public override string Name => name;

        internal override void Apply(Span<float> row, ReadOnlySpan<long> dimensions, Random random) =>
            change(row, dimensions, random);
    }
}
