using System.Security.Cryptography;
using Elsa.MLNet.Datasets;

namespace Elsa.MLNet.Tests.Datasets;

[TestClass]
public sealed class DrawnDigitsTests
{
    [TestMethod]
    public void The_training_set_is_the_one_of_the_README() =>
        Assert.AreEqual("dd4c3c0a6a23daf50cefa501a817a3bce3eb89dadbb24e5702eb32d5df3d1d20", Hash(DrawnDigits.Train()));

    [TestMethod]
    public void The_test_set_is_the_one_of_the_README() =>
        Assert.AreEqual("353c366119c1a4ab88a8dbec3030113cf2a5c4befc5ab0db185e6c20096f37cf", Hash(DrawnDigits.Test()));

    [TestMethod]
    public void Another_seed_draws_another_set() =>
        Assert.AreNotEqual(Hash(DrawnDigits.Train(100, 1)), Hash(DrawnDigits.Train(100, 2)));

    [TestMethod]
    public void Training_and_test_rows_differ_for_one_seed() =>
        Assert.AreNotEqual(Hash(DrawnDigits.Train(100, 1)), Hash(DrawnDigits.Test(100, 1)));

    [TestMethod]
    public void No_test_picture_is_a_training_picture()
    {
        var seen = Pictures(DrawnDigits.Train()).ToHashSet();
        Assert.IsFalse(Pictures(DrawnDigits.Test()).Any(seen.Contains));
    }

    [TestMethod]
    public void Fewer_rows_are_the_first_rows() =>
        Assert.AreEqual(Hash(DrawnDigits.Train(200).Slice(0, 57)), Hash(DrawnDigits.Train(57)));

    [TestMethod]
    public void Every_ten_rows_hold_every_digit()
    {
        var labels = DrawnDigits.Test(200).Labels.ToArray();
        foreach (var block in labels.Chunk(10))
            CollectionAssert.AreEquivalent(Enumerable.Range(0, 10).ToArray(), block);
    }

    [TestMethod]
    public void Every_picture_has_bright_ink_on_a_mostly_dark_ground()
    {
        var images = DrawnDigits.Test();
        for (var row = 0; row < images.Count; row++)
        {
            var picture = images.Image(row).ToArray();
            Assert.IsGreaterThan(60, picture.Max());
            Assert.IsLessThan(128, picture.Average(pixel => (double)pixel));
        }
    }

    [TestMethod]
    public void Pictures_are_grey_28_by_28_with_ten_numbered_classes()
    {
        var images = DrawnDigits.Train(10);
        Assert.AreEqual((28, 28, 1, 10), (images.Width, images.Height, images.Channels, images.Count));
        CollectionAssert.AreEqual("0123456789".Select(c => c.ToString()).ToArray(), images.ClassNames.ToArray());
    }

    [TestMethod]
    public void No_rows_are_refused() => Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => DrawnDigits.Train(0));

    [TestMethod]
    public void More_rows_than_an_array_holds_are_refused() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => DrawnDigits.Train(int.MaxValue));

    static IEnumerable<string> Pictures(LabeledImages images) =>
        Enumerable.Range(0, images.Count).Select(row => Convert.ToHexString(SHA256.HashData(images.Image(row))));

    static string Hash(LabeledImages images)
    {
        byte[] labels = [.. images.Labels.ToArray().Select(label => (byte)label)];
        return Convert.ToHexStringLower(SHA256.HashData([.. images.Pixels, .. labels]));
    }
}
