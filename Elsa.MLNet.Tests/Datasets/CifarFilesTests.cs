using Elsa.MLNet.Datasets;

namespace Elsa.MLNet.Tests.Datasets;

[TestClass]
public sealed class CifarFilesTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void Batches_of_a_directory_come_back_in_the_order_of_their_numbers()
    {
        _folder.Write("data_batch_2.bin", Record(9));
        _folder.Write("data_batch_1.bin.gz", [.. Record(3), .. Record(4)]);
        _folder.Write("test_batch.bin", Record(5));
        var images = CifarFiles.Open(_folder.Root, DataPart.Train);
        Assert.AreEqual((32, 32, 3), (images.Width, images.Height, images.Channels));
        CollectionAssert.AreEqual(new[] { 3, 4, 9 }, images.Labels.ToArray());
        CollectionAssert.AreEqual(Record(9)[1..], images.Image(2).ToArray());
        Assert.AreEqual("truck", images.ClassNames[9]);
        Assert.AreEqual(5, CifarFiles.Open(_folder.Root, DataPart.Test).Labels[0]);
    }

    [TestMethod]
    public void A_directory_with_both_parts_and_no_part_asked_for_is_refused()
    {
        _folder.Write("data_batch_1.bin", Record(3));
        _folder.Write("test_batch.bin", Record(5));
        Refusal.Of<InvalidDataException>(() => CifarFiles.Open(_folder.Root), "DataPart.Train or DataPart.Test");
    }

    [TestMethod]
    public void A_record_cut_short_is_refused() =>
        Refuse([.. Record(1), .. Record(2)[..100]], "ends after 3173 bytes", "picture 1", "2973 more");

    [TestMethod]
    public void A_label_above_9_is_refused() =>
        Refuse([.. Record(1), .. Record(10)], "picture 1", "label 10", "0 to 9");

    [TestMethod]
    public void An_empty_file_is_refused() => Refuse([], "is empty");

    [TestMethod]
    public void No_file_is_refused() => Refusal.Of<ArgumentException>(() => CifarFiles.Open([]), "at least one");

    [TestMethod]
    public void A_missing_file_is_refused() =>
        Refusal.Of<FileNotFoundException>(() => CifarFiles.Open([Path.Combine(_folder.Root, "no.bin")]), "no.bin");

    void Refuse(byte[] content, params string[] messageParts)
    {
        var path = _folder.Write("batch.bin", content);
        Refusal.Of<InvalidDataException>(() => CifarFiles.Open([path]), ["'batch.bin'", .. messageParts]);
    }

    static byte[] Record(int label) =>
        [(byte)label, .. Enumerable.Range(0, 3072).Select(i => (byte)(i / 1024 * 50 + i % 7 + label))];
}
