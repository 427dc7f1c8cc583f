namespace Elsa.MLNet.Datasets;

/// <summary>
/// The digits 0 to 9 drawn by a program: grey pictures of 28 x 28, light on dark, ten classes. Every picture has its
/// own slant, width, shift, size, turn, pen and noise. The same seed gives the same bytes on every machine.
/// </summary>
/// <remarks>Rows come in blocks of ten that hold every digit once, in random order. Fewer rows with the same seed are
/// the first rows of the larger set. Training and test rows come from separate random streams.</remarks>
public static class DrawnDigits
{
    /// <summary>Width and height of a picture in pixels: 28.</summary>
    public const int Side = 28;

    /// <summary>Rows that <see cref="Train"/> draws unless told otherwise: 12,000.</summary>
    public const int DefaultTrainRows = 12_000;

    /// <summary>Rows that <see cref="Test"/> draws unless told otherwise: 2,000.</summary>
    public const int DefaultTestRows = 2_000;

    const ulong DefaultSeed = 2312_06872;

    /// <summary>Draws the training set.</summary>
    /// <param name="rows">How many pictures, at least 1.</param>
    /// <param name="seed">Another seed draws another set.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rows"/> is below 1 or needs more bytes than one
    /// array can hold.</exception>
    public static LabeledImages Train(int rows = DefaultTrainRows, ulong seed = DefaultSeed) => Draw(rows, seed, 1);

    /// <summary>Draws the test set, which shares no random number with the training set.</summary>
    /// <inheritdoc cref="Train"/>
    public static LabeledImages Test(int rows = DefaultTestRows, ulong seed = DefaultSeed) => Draw(rows, seed, 2);

    static LabeledImages Draw(int rows, ulong seed, ulong stream)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Array.MaxLength / (Side * Side));
        var random = new Pcg32(seed, stream);
        var canvas = new Canvas(Side);
        var pixels = new byte[rows * Side * Side];
        var labels = new int[rows];
        int[] block = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        for (var row = 0; row < rows; row++)
        {
            if (row % block.Length == 0)
                Shuffle(block, random);
            labels[row] = block[row % block.Length];
            Draw(labels[row], random, canvas, pixels.AsSpan(row * Side * Side, Side * Side));
        }
        return new LabeledImages(Side, Side, 1, pixels, labels, LabeledImages.NumberedClasses(block.Length));
    }

    static void Draw(int digit, Pcg32 random, Canvas canvas, Span<byte> destination)
    {
        var glyphs = Glyphs.OfDigit[digit];
        var glyph = glyphs[random.Below(glyphs.Count)];
        var hand = new Handwriting(random, Side);
        canvas.Clear();
        foreach (var stroke in glyph)
            canvas.Draw(stroke.Move(hand.Place), hand.PenRadius);
        canvas.Develop(random, hand.Darkness, hand.Grain, destination);
    }

    static void Shuffle(int[] values, Pcg32 random)
    {
        for (var last = values.Length - 1; last > 0; last--)
        {
            var other = random.Below(last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }
}
