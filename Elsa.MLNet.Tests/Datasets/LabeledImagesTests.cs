using Elsa.MLNet.Datasets;

namespace Elsa.MLNet.Tests.Datasets;

[TestClass]
public sealed class LabeledImagesTests
{
    [TestMethod]
    public void A_picture_is_its_own_run_of_bytes()
    {
        byte[] pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        var images = new LabeledImages(2, 1, 3, pixels, [1, 0], ["a", "b"]);
        CollectionAssert.AreEqual(new byte[] { 7, 8, 9, 10, 11, 12 }, images.Image(1).ToArray());
        Assert.AreEqual(1, images.Labels[0]);
    }

    [TestMethod]
    public void A_slice_holds_the_pictures_and_labels_of_its_run()
    {
        var slice = Small([0, 1, 2, 3]).Slice(1, 2);
        Assert.AreEqual(2, slice.Count);
        CollectionAssert.AreEqual(new[] { 1, 2 }, slice.Labels.ToArray());
        CollectionAssert.AreEqual(new byte[] { 10, 20 }, slice.Pixels.ToArray());
        CollectionAssert.AreEqual(new[] { 2 }, slice.Slice(1, 1).Labels.ToArray());
    }

    [TestMethod]
    public void Labels_are_copied()
    {
        int[] labels = [0, 1];
        var images = Small(labels);
        labels[0] = 99;
        Assert.AreEqual(0, images.Labels[0]);
    }

    [TestMethod]
    public void An_empty_set_is_refused() => Refusal.Of<ArgumentException>(() => Small([]), "no labels");

    [TestMethod]
    public void Bytes_that_do_not_fit_the_shape_are_refused() => Refusal.Of<ArgumentException>(
        () => _ = new LabeledImages(2, 2, 1, new byte[7], [0, 0], ["a"]), "7 bytes", "2 pictures", "1 x 2 x 2");

    [TestMethod]
    public void A_shape_beyond_64_bits_is_refused() => Refusal.Of<ArgumentException>(
        () => _ = new LabeledImages(int.MaxValue, int.MaxValue, int.MaxValue, new byte[7], [0], ["a"]), "7 bytes");

    [TestMethod]
    [DataRow(4)]
    [DataRow(-1)]
    public void A_label_without_a_class_name_is_refused(int label) =>
        Refusal.Of<ArgumentException>(() => Small([0, label]), "Picture 1", $"class {label}", "0 to 3");

    [TestMethod]
    public void Two_classes_of_one_name_are_refused() => Refusal.Of<ArgumentException>(
        () => _ = new LabeledImages(1, 1, 1, new byte[1], [0], ["a", "a"]), "same name");

    [TestMethod]
    [DataRow(0, 1, 1)]
    [DataRow(1, 0, 1)]
    [DataRow(1, 1, 0)]
    public void A_picture_without_extent_is_refused(int width, int height, int channels) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => _ = new LabeledImages(width, height, channels, new byte[1], [0], ["a"]));

    [TestMethod]
    [DataRow(-1)]
    [DataRow(2)]
    public void A_picture_that_is_not_there_is_refused(int row) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Small([0, 1]).Image(row).ToArray());

    [TestMethod]
    [DataRow(-1, 1)]
    [DataRow(0, 0)]
    [DataRow(1, 2)]
    [DataRow(3, 1)]
    public void A_slice_beyond_the_set_is_refused(int start, int count) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Small([0, 1]).Slice(start, count));

    /// <summary>Pictures of one pixel, ten times their row.</summary>
    static LabeledImages Small(int[] labels) => new(
        1, 1, 1, Enumerable.Range(0, labels.Length).Select(row => (byte)(10 * row)).ToArray(), labels,
        ["a", "b", "c", "d"]);
}
