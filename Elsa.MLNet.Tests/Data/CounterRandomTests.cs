using Elsa.MLNet.Data;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class CounterRandomTests
{
    [TestMethod]
    public void A_restart_gives_the_same_numbers_by_every_door()
    {
        var random = new CounterRandom(3);
        object[] Draw()
        {
            random.Restart(17);
            var (bytes, items) = (new byte[13], Enumerable.Range(0, 20).ToArray());
            random.NextBytes(bytes);
            random.Shuffle(items);
            return [random.Next(), random.Next(9), random.Next(-5, 5), random.NextInt64(), random.NextInt64(1L << 40),
                random.NextInt64(-9, 9),
                random.NextDouble(), random.NextSingle(), .. bytes.Cast<object>(), .. items.Cast<object>()];
        }
        var first = Draw();
        random.Next();
        Assert.AreSequenceEqual(first, Draw());
    }

    [TestMethod]
    public void Numbers_stay_in_their_ranges_and_reach_all_of_them()
    {
        var random = new CounterRandom(3);
        var draws = Enumerable.Range(0, 1000).ToList();
        Assert.AreSequenceEqual([-2, -1, 0, 1, 2], draws.Select(_ => random.Next(-2, 3)).Distinct().Order());
        Assert.IsTrue(draws.All(_ => random.NextDouble() is >= 0 and < 1 && random.NextSingle() is >= 0 and < 1 &&
            random.Next() >= 0));
        Assert.IsTrue(draws.All(_ => random.NextInt64(long.MinValue, long.MaxValue) < long.MaxValue));
        Assert.AreEqual(4, random.Next(4, 4));
        Assert.AreEqual(0.5, draws.Average(_ => random.NextDouble()), 0.05);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => random.Next(-1));
    }
}
