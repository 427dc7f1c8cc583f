using Elsa.MLNet.Augmentation;
using Elsa.MLNet.Data;

namespace Elsa.MLNet.Tests.Augmentation;

[TestClass]
public sealed class ElsaAugmentationTests
{
    private const int Channels = 2, Height = 5, Width = 7;

    private static readonly long[] Dimensions = [Channels, Height, Width];

    [TestMethod]
    public void No_shift_and_no_flip_change_nothing()
    {
        foreach (var same in (ElsaAugmentation[])[ElsaAugmentation.None,
            ElsaAugmentation.ShiftAndFlip(0, flipHorizontally: false)])
            Assert.AreSequenceEqual(Picture(), Apply(same, seed: 3));
    }

    [TestMethod]
    public void Two_flips_change_nothing_and_one_mirrors_every_line()
    {
        var picture = Picture();
        new PlanarPicture(picture, Height, Width).Flip();
        Assert.AreSequenceEqual(Picture().Chunk(Width).SelectMany(line => line.Reverse()), picture);
        new PlanarPicture(picture, Height, Width).Flip();
        Assert.AreSequenceEqual(Picture(), picture);
    }

    [TestMethod]
    public void A_shift_moves_every_pixel_and_fills_with_zeros()
    {
        for (var down = -Height; down <= Height; down++)
            for (var right = -Width; right <= Width; right++)
            {
                var picture = Picture();
                new PlanarPicture(picture, Height, Width).Shift(down, right);
                Assert.AreSequenceEqual(Shifted(down, right), picture);
            }
    }

    [TestMethod]
    public void Every_shift_is_as_likely_and_half_of_the_pictures_are_mirrored()
    {
        var augmentation = ElsaAugmentation.ShiftAndFlip(1);
        const int Draws = 18_000;
        var results = Enumerable.Range(0, Draws).Select(seed => string.Join(' ', Apply(augmentation, seed)))
            .CountBy(text => text).ToList();
        // 3 x 3 shifts, mirrored or not: mean 1,000 each, deviation 31.
        Assert.HasCount(18, results);
        foreach (var result in results) Assert.AreEqual(Draws / 18, result.Value, 155);
    }

    [TestMethod]
    public void Brightness_never_grows()
    {
        var before = Picture().Sum();
        for (var seed = 0; seed < 200; seed++)
            Assert.IsLessThanOrEqualTo(before, Apply(ElsaAugmentation.ShiftAndFlip(4), seed).Sum());
    }

    [TestMethod]
    public void A_function_of_ones_own_gets_row_dimensions_and_randomness()
    {
        var own = ElsaAugmentation.From("scale", (row, dimensions, random) =>
        {
            Assert.AreSequenceEqual(Dimensions, dimensions.ToArray());
            var factor = random.NextSingle();
            foreach (ref var value in row) value *= factor;
        });
        Assert.AreEqual("scale", own.Name);
        var factor = new CounterRandom(3).NextSingle();
        Assert.AreSequenceEqual(Picture().Select(value => value * factor), Apply(own, seed: 3));
    }

    [TestMethod]
    public void Names_tell_the_choice() => Assert.AreSequenceEqual(
        ["none", "shift 4 and flip", "shift 2"],
        ((ElsaAugmentation[])[ElsaAugmentation.None, ElsaAugmentation.ShiftAndFlip(4),
            ElsaAugmentation.ShiftAndFlip(2, false)])
            .Select(augmentation => augmentation.Name));

    [TestMethod]
    public void Rows_that_are_no_pictures_are_refused() => StringAssert.StartsWith(
        Assert.ThrowsExactly<ArgumentException>(() => ElsaAugmentation.ShiftAndFlip(1).Check([784])).Message,
        "ElsaAugmentation.ShiftAndFlip is for pictures, rows of dimensions [channels, height, width], but the " +
        "model's rows are [784].");

    [TestMethod]
    public void A_shift_as_large_as_the_picture_is_refused()
    {
        ElsaAugmentation.ShiftAndFlip(Height - 1).Check(Dimensions);
        var error =
            Assert.ThrowsExactly<ArgumentException>(() => ElsaAugmentation.ShiftAndFlip(Height).Check(Dimensions));
        StringAssert.EndsWith(error.Message, "Give less than 5.");
    }

    [TestMethod]
    public void A_negative_shift_and_a_missing_name_or_function_are_refused()
    {
        Assert.AreEqual("maximumShift",
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaAugmentation.ShiftAndFlip(-1)).ParamName);
        Assert.AreEqual("name",
            Assert.ThrowsExactly<ArgumentException>(() => ElsaAugmentation.From(" ", (_, _, _) => { })).ParamName);
        Assert.AreEqual("change",
            Assert.ThrowsExactly<ArgumentNullException>(() => ElsaAugmentation.From("x", null!)).ParamName);
    }

    private static float[] Picture() =>
        [.. Enumerable.Range(1, Channels * Height * Width).Select(value => (float)value)];

    private static float[] Apply(ElsaAugmentation augmentation, int seed)
    {
        var row = Picture();
        augmentation.Check(Dimensions);
        augmentation.Apply(row, Dimensions, new CounterRandom((ulong)seed));
        return row;
    }

    private static float[] Shifted(int down, int right)
    {
        var source = Picture();
        return [.. Enumerable.Range(0, source.Length).Select(index =>
        {
            var (plane, y, x) = (index / (Height * Width), index / Width % Height - down, index % Width - right);
            return y is >= 0 and < Height && x is >= 0 and < Width ? source[(plane * Height + y) * Width + x] : 0;
        })];
    }
}
