using System.Buffers.Binary;
using Elsa.MLNet.Datasets;

namespace Elsa.MLNet.Tests.Datasets;

[TestClass]
public sealed class IdxFilesTests : IDisposable
{
    const string Images = "train-images-idx3-ubyte", Labels = "train-labels-idx1-ubyte";
    static readonly byte[] Pixels = [.. Enumerable.Range(1, 12).Select(i => (byte)(20 * i))];
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow(Images, Labels)]
    [DataRow(Images + ".gz", Labels + ".gz")]
    [DataRow("train-images.idx3-ubyte", Labels + ".gz")]
    [DataRow("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")]
    public void A_pair_of_files_in_a_directory_comes_back(string imagesName, string labelsName)
    {
        _folder.Write(imagesName, Idx(Pixels, 2051, 2, 3, 2));
        _folder.Write(labelsName, Idx([4, 0], 2049, 2));
        var images = IdxFiles.Open(_folder.Root);
        Assert.AreEqual((2, 3, 1, 2), (images.Width, images.Height, images.Channels, images.Count));
        CollectionAssert.AreEqual(Pixels, images.Pixels.ToArray());
        CollectionAssert.AreEqual(new[] { 4, 0 }, images.Labels.ToArray());
        CollectionAssert.AreEqual(new[] { "0", "1", "2", "3", "4" }, images.ClassNames.ToArray());
    }

    [TestMethod]
    public void The_part_chooses_the_pair()
    {
        Pair("train", 1);
        Pair("t10k", 2);
        Assert.AreEqual(1, IdxFiles.Open(_folder.Root, DataPart.Train).Labels[0]);
        Assert.AreEqual(2, IdxFiles.Open(_folder.Root, DataPart.Test).Labels[0]);
    }

    [TestMethod]
    public void Two_pairs_and_no_part_are_refused()
    {
        Pair("train", 1);
        Pair("t10k", 2);
        Refusal.Of<InvalidDataException>(() => IdxFiles.Open(_folder.Root), "DataPart.Train or DataPart.Test");
    }

    [TestMethod]
    public void A_part_that_is_not_there_is_refused()
    {
        Pair("train", 1);
        Refusal.Of<InvalidDataException>(() => IdxFiles.Open(_folder.Root, DataPart.Test), "no test part");
    }

    [TestMethod]
    public void An_unknown_part_is_refused() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => IdxFiles.Open(_folder.Root, (DataPart)7));

    [TestMethod]
    public void Pictures_without_labels_are_refused()
    {
        _folder.Write(Images, Idx(Pixels, 2051, 2, 3, 2));
        Refusal.Of<FileNotFoundException>(() => IdxFiles.Open(_folder.Root), Labels);
    }

    [TestMethod]
    public void Another_magic_number_is_refused() =>
        Refuse(Idx(Pixels, 2049, 2, 3, 2), Idx([4, 0], 2049, 2), Images, "00000801", "00000803");

    [TestMethod]
    public void A_size_of_zero_is_refused() =>
        Refuse(Idx([], 2051, 2, 0, 2), Idx([4, 0], 2049, 2), Images, "2 x 0 x 2");

    [TestMethod]
    public void A_header_cut_short_is_refused() =>
        Refuse([0, 0, 8, 3, 0], Idx([4, 0], 2049, 2), Images, "ends after 5 bytes");

    [TestMethod]
    public void Pixels_cut_short_are_refused() =>
        Refuse(Idx(Pixels[..11], 2051, 2, 3, 2), Idx([4, 0], 2049, 2), Images, "ends after 27 bytes", "1 more");

    [TestMethod]
    public void A_size_beyond_the_file_is_refused_before_memory_is_taken() => Refuse(
        Idx(Pixels, 2051, uint.MaxValue, uint.MaxValue, uint.MaxValue), Idx([4, 0], 2049, uint.MaxValue), Images,
        "promises 79228162458924105385300197375 bytes", "at most 28");

    [TestMethod]
    public void Bytes_after_the_pixels_are_refused() =>
        Refuse(Idx([.. Pixels, 1], 2051, 2, 3, 2), Idx([4, 0], 2049, 2), Images, "should end at 28 bytes");

    [TestMethod]
    public void Another_number_of_labels_is_refused() =>
        Refuse(Idx(Pixels, 2051, 2, 3, 2), Idx([4, 0, 1], 2049, 3), Labels, "3 labels", "2 pictures");

    [TestMethod]
    public void A_gzip_file_cut_short_is_refused()
    {
        byte[] pixels = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * i))];
        var packed = TemporaryFolder.Gzip(Idx(pixels, 2051, 2, 50, 50));
        RefuseRaw(packed[..(packed.Length / 2)], "images.gz", "Get the file again");
    }

    [TestMethod]
    public void A_file_that_is_not_gzip_is_refused() =>
        RefuseRaw(Idx(Pixels, 2051, 2, 3, 2), "images.gz", "cannot be unpacked");

    void RefuseRaw(byte[] images, params string[] messageParts)
    {
        var path = Path.Combine(_folder.Root, "images.gz");
        File.WriteAllBytes(path, images);
        var labels = _folder.Write("labels", Idx([4, 0], 2049, 2));
        Refusal.Of<InvalidDataException>(() => IdxFiles.Open(path, labels), messageParts);
    }

    void Refuse(byte[] images, byte[] labels, params string[] messageParts)
    {
        var paths = (_folder.Write(Images, images), _folder.Write(Labels, labels));
        Refusal.Of<InvalidDataException>(() => IdxFiles.Open(paths.Item1, paths.Item2), messageParts);
    }

    void Pair(string prefix, byte label)
    {
        _folder.Write($"{prefix}-images-idx3-ubyte", Idx([9], 2051, 1, 1, 1));
        _folder.Write($"{prefix}-labels-idx1-ubyte", Idx([label], 2049, 1));
    }

    static byte[] Idx(byte[] body, params uint[] header)
    {
        var bytes = new byte[4 * header.Length + body.Length];
        for (var i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), header[i]);
        body.CopyTo(bytes, 4 * header.Length);
        return bytes;
    }
}
