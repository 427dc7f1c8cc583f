using Elsa.MLNet.Datasets;

namespace Elsa.MLNet.Tests.Datasets;

[TestClass]
public sealed class Pcg32Tests
{
    [TestMethod]
    public void Numbers_are_those_that_the_author_of_PCG_publishes()
    {
        // The demonstration round of pcg32 with seed 42 and stream 54.
        var random = new Pcg32(42, 54);
        uint[] published = [0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e];
        CollectionAssert.AreEqual(published, published.Select(_ => random.NextUInt32()).ToArray());
    }

    [TestMethod]
    public void Below_reaches_every_number_about_equally_often()
    {
        var random = new Pcg32(1, 1);
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
            counts[random.Below(counts.Length)]++;
        Assert.IsTrue(counts.All(count => count is > 9_500 and < 10_500), string.Join(", ", counts));
    }

    [TestMethod]
    public void Bell_has_mean_0_and_deviation_1()
    {
        var random = new Pcg32(1, 1);
        var numbers = Enumerable.Range(0, 100_000).Select(_ => random.Bell()).ToArray();
        Assert.AreEqual(0, numbers.Average(), 0.02);
        Assert.AreEqual(1, numbers.Average(number => number * number), 0.02);
    }
}
