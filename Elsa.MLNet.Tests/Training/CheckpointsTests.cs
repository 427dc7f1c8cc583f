using Elsa.MLNet.Tests.Datasets;
using Elsa.MLNet.Training;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Files from which training goes on.</summary>
[TestClass]
public sealed class CheckpointsTests
{
    static readonly string[] Names = ["dense", "s50", "s90"];

    [TestMethod]
    public void What_is_saved_is_loaded_bit_for_bit()
    {
        using var folder = new TemporaryFolder();
        var saved = Network(seed: 1);
        saved.Weights[0] = -0f;
        saved.Weights[1] = float.Epsilon;
        Checkpoints(folder).Save(saved, 1);
        var loaded = Network(seed: 2);
        Assert.AreEqual(1, Checkpoints(folder).Load(loaded));
        AssertSame(saved, loaded);
    }

    [TestMethod]
    public void The_level_that_was_finished_last_is_loaded()
    {
        using var folder = new TemporaryFolder();
        var (first, second) = (Network(seed: 1), Network(seed: 2));
        Checkpoints(folder).Save(first, 2);
        Checkpoints(folder).Save(second, 1);
        var loaded = Network(seed: 3);
        Assert.AreEqual(1, Checkpoints(folder).Load(loaded));
        AssertSame(second, loaded);
        File.Delete(Checkpoints(folder).PathOf(1)!);
        Assert.AreEqual(2, Checkpoints(folder).Load(loaded));
        AssertSame(first, loaded);
    }

    [TestMethod]
    public void Without_a_folder_nothing_is_kept()
    {
        var none = new Checkpoints(null, "fit", Names);
        none.Save(Network(seed: 1), 1);
        Assert.IsNull(none.PathOf(1));
        Assert.IsNull(none.Load(Network(seed: 1)));
    }

    [TestMethod]
    public void An_empty_folder_has_no_checkpoint()
    {
        using var folder = new TemporaryFolder();
        Assert.IsNull(Checkpoints(folder).Load(Network(seed: 1)));
        Assert.IsNull(new Checkpoints(Path.Combine(folder.Root, "none"), "fit", Names).Load(Network(seed: 1)));
    }

    [TestMethod]
    public void The_checkpoint_of_another_fit_is_refused()
    {
        using var folder = new TemporaryFolder();
        Checkpoints(folder).Save(Network(seed: 1), 1);
        var refusal = Assert.ThrowsExactly<ArgumentException>(() =>
            new Checkpoints(folder.Root, "another", Names).Load(Network(seed: 1))).Message;
        Assert.Contains("s50.elsa-checkpoint.onnx' is of another fit", refusal);
        Assert.Contains("CheckpointDirectory", refusal);
    }

    [TestMethod]
    public void Every_truncated_or_flipped_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        var (saved, path) = (Network(seed: 1), Checkpoints(folder).PathOf(1)!);
        Checkpoints(folder).Save(saved, 1);
        var whole = File.ReadAllBytes(path);
        foreach (var length in (int[])[0, 1, 7, whole.Length / 3, whole.Length / 2, whole.Length - 1]) Refused(whole[..length], $"{length} bytes");
        // Values are all but names and metadata; wherever a bit is flipped, what was trained must not come out other than it was.
        for (var place = 0; place < whole.Length; place += 3)
        {
            byte[] flipped = [.. whole];
            flipped[place] ^= 0x10;
            File.WriteAllBytes(path, flipped);
            var loaded = Network(seed: 1);
            try
            {
                Checkpoints(folder).Load(loaded);
                AssertSame(saved, loaded);
            }
            catch (ArgumentException refusal)
            {
                Assert.Contains("The checkpoint '", refusal.Message);
            }
        }

        void Refused(byte[] bytes, string what)
        {
            File.WriteAllBytes(path, bytes);
            var refusal = Assert.ThrowsExactly<ArgumentException>(() => Checkpoints(folder).Load(Network(seed: 1)),
                what).Message;
            Assert.Contains("The checkpoint '", refusal, what);
            Assert.Contains("elete", refusal, what);
        }
    }

    [TestMethod]
    public void A_flipped_weight_is_called_damage()
    {
        using var folder = new TemporaryFolder();
        var (saved, path) = (Network(seed: 1), Checkpoints(folder).PathOf(1)!);
        Checkpoints(folder).Save(saved, 1);
        var bytes = File.ReadAllBytes(path);
        var place = bytes.AsSpan().IndexOf(BitConverter.GetBytes(saved.Weights[5]));
        bytes[place] ^= 1;
        File.WriteAllBytes(path, bytes);
        var refusal = Assert.ThrowsExactly<ArgumentException>(() => Checkpoints(folder).Load(Network(seed: 1))).Message;
        Assert.Contains("is damaged", refusal);
        Assert.Contains("behind the level before", refusal);
    }

    [TestMethod]
    public void A_file_that_was_never_finished_is_not_seen()
    {
        using var folder = new TemporaryFolder();
        Checkpoints(folder).Save(Network(seed: 1), 2);
        Assert.AreSequenceEqual(["s90.elsa-checkpoint.onnx"], Directory.GetFiles(folder.Root).Select(Path.GetFileName));
        // What a killed process leaves behind.
        File.WriteAllBytes(Checkpoints(folder).PathOf(1)! + ".0123.part", [1, 2, 3]);
        Assert.AreEqual(2, Checkpoints(folder).Load(Network(seed: 1)));
    }

    static Checkpoints Checkpoints(TemporaryFolder folder) => new(folder.Root, "fit", Names);

    static TrainedNetwork Network(int seed)
    {
        var network = new TrainedNetwork(Names.Length, SmallParameters.Values(40, seed), [], []);
        for (var position = 0; position < 40; position++) network.LevelMap[position] = (byte)((position + seed) % 3);
        for (var level = 0; level < Names.Length; level++)
            (network.Sides[level], network.Statistics[level]) = (SmallParameters.Values(7, seed * 10 + level),
                SmallParameters.Values(4, seed * 20 + level));
        return network;
    }

    static void AssertSame(TrainedNetwork expected, TrainedNetwork found)
    {
        Same(expected.Weights, found.Weights);
        Assert.AreSequenceEqual(expected.LevelMap, found.LevelMap);
        for (var level = 0; level < Names.Length; level++)
        {
            Same(expected.Sides[level], found.Sides[level]);
            Same(expected.Statistics[level], found.Statistics[level]);
        }

        static void Same(float[] left, float[] right) =>
            Assert.AreSequenceEqual(left.Select(BitConverter.SingleToUInt32Bits),
                right.Select(BitConverter.SingleToUInt32Bits));
    }
}
