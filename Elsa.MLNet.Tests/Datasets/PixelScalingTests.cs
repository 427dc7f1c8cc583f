using Elsa.MLNet.Datasets;

namespace Elsa.MLNet.Tests.Datasets;

[TestClass]
public sealed class PixelScalingTests
{
    [TestMethod]
    public void Each_channel_has_its_own_mean_and_deviation()
    {
        var scaling = new PixelScaling([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
        var scaled = new float[6];
        scaling.Apply([0, 255, 128, 1, 2, 3], 3, scaled);
        Assert.AreEqual((float)((255 / 255.0 - 0.485) / 0.229), scaled[1]);
        Assert.AreEqual((float)((128 / 255.0 - 0.456) / 0.224), scaled[2]);
        Assert.AreEqual((float)((3 / 255.0 - 0.406) / 0.225), scaled[5]);
    }

    [TestMethod]
    public void Zero_to_one_serves_any_number_of_channels()
    {
        var scaled = new float[4];
        PixelScaling.ZeroToOne.Apply([0, 51, 102, 255], 2, scaled);
        CollectionAssert.AreEqual(new[] { 0f, 0.2f, 0.4f, 1f }, scaled);
    }

    [TestMethod]
    public void Another_number_of_channels_is_refused() => Refusal.Of<ArgumentException>(
        () => new PixelScaling([0, 0, 0], [1, 1, 1]).Apply(new byte[1], 1, new float[1]), "3 channels", "have 1");

    [TestMethod]
    public void Bytes_that_do_not_divide_into_channels_are_refused() => Refusal.Of<ArgumentException>(
        () => PixelScaling.ZeroToOne.Apply(new byte[4], 3, new float[4]), "4 bytes", "3 channels");

    [TestMethod]
    public void A_destination_of_another_length_is_refused() => Refusal.Of<ArgumentException>(
        () => PixelScaling.ZeroToOne.Apply(new byte[4], 1, new float[5]), "5 numbers", "has 4");

    [TestMethod]
    public void Means_without_deviations_are_refused() =>
        Refusal.Of<ArgumentException>(() => _ = new PixelScaling([0, 0], [1]), "2 means", "1 deviations");

    [TestMethod]
    [DataRow(0, 0)]
    [DataRow(0, -1)]
    [DataRow(0, double.NaN)]
    [DataRow(0, double.PositiveInfinity)]
    [DataRow(double.NaN, 1)]
    public void Numbers_that_cannot_scale_are_refused(double mean, double deviation) =>
        Refusal.Of<ArgumentException>(() => _ = new PixelScaling([mean], [deviation]), "Channel 0", "above 0");
}
