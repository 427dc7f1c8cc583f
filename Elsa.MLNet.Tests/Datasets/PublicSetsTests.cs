using Elsa.MLNet.Datasets;

namespace Elsa.MLNet.Tests.Datasets;

[TestClass]
public sealed class PublicSetsTests
{
    [TestMethod]
    public void MNIST_opens_with_its_published_counts()
    {
        var directory = Shared.Require("data/mnist");
        var train = LabeledImages.Open(directory, DataPart.Train);
        var test = LabeledImages.Open(directory, DataPart.Test);
        Assert.AreEqual((60_000, 10_000), (train.Count, test.Count));
        Assert.AreEqual((28, 28, 1), (train.Width, train.Height, train.Channels));
        CollectionAssert.AreEqual(new[] { 5, 0, 4, 1, 9 }, train.Labels[..5].ToArray());
        CollectionAssert.AreEqual(
            new[] { 980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009 }, ClassCounts(test));
        Assert.AreEqual(0.1307, Mean(train), 0.0001);
    }

    [TestMethod]
    public void CIFAR_10_pictures_open_from_a_single_gzipped_batch()
    {
        var images = LabeledImages.Open(Shared.Require("data/cifar10/lossless_train_4000.bin.gz"));
        Assert.AreEqual((4000, 32, 32, 3), (images.Count, images.Width, images.Height, images.Channels));
        Assert.AreEqual("frog", images.ClassNames[images.Labels[0]]);
        Assert.IsTrue(ClassCounts(images).All(count => count is > 300 and < 500));
    }

    [TestMethod]
    public void CIFAR_10_pictures_open_from_an_archive_of_jpeg_files()
    {
        var images = LabeledImages.Open(Shared.Require("data/cifar10/jpeg_test.tar.gz"), DataPart.Test);
        Assert.AreEqual((10_000, 32, 32, 3), (images.Count, images.Width, images.Height, images.Channels));
        CollectionAssert.AreEqual(CifarFiles.ClassNames.ToArray(), images.ClassNames.ToArray());
        Assert.IsTrue(ClassCounts(images).All(count => count == 1000));
        Assert.AreEqual(0.474, Mean(images), 0.01);
    }

    [TestMethod]
    public void The_same_archive_opens_without_naming_its_only_part() =>
        Assert.AreEqual(20_000, LabeledImages.Open(Shared.Require("data/cifar10/jpeg_train_20000.tar.gz")).Count);

    static int[] ClassCounts(LabeledImages images)
    {
        var counts = new int[images.ClassNames.Count];
        foreach (var label in images.Labels)
            counts[label]++;
        return counts;
    }

    static double Mean(LabeledImages images)
    {
        var sum = 0L;
        foreach (var pixel in images.Pixels)
            sum += pixel;
        return sum / 255.0 / images.Pixels.Length;
    }
}
