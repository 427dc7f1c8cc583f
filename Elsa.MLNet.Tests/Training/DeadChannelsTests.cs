using Elsa.MLNet.Training;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Channels that no weight is left to feed.</summary>
[TestClass]
public sealed class DeadChannelsTests
{
    static readonly ParameterVector Layout = SmallParameters.Layout(("matrix", [6, 6]), ("conv", [4, 2, 3, 3]),
        ("line", [3, 2, 5]));

    [TestMethod]
    public void Channels_of_convolutions_without_a_weight_are_counted()
    {
        var network = new TrainedNetwork(3, new float[Layout.Length], [], []);
        Assert.AreEqual((7, 7), DeadChannels.Count(network, Layout, 2));
        Assert.AreEqual((0, 7), DeadChannels.Count(network, Layout, 0));

        network.LevelMap[Layout.Parts[1].Offset + 2 * 18 + 17] = 2;
        network.LevelMap[Layout.Parts[2].Offset] = 1;
        Assert.AreEqual((6, 7), DeadChannels.Count(network, Layout, 2));
        Assert.AreEqual((5, 7), DeadChannels.Count(network, Layout, 1));
    }

    [TestMethod]
    public void Matrices_do_not_count()
    {
        var matrix = SmallParameters.Layout(("matrix", [6, 6]));
        Assert.AreEqual((0, 0), DeadChannels.Count(new TrainedNetwork(2, new float[36], [], []), matrix, 1));
    }
}
