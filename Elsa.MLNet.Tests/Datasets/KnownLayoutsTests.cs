using Elsa.MLNet.Datasets;
using SkiaSharp;

namespace Elsa.MLNet.Tests.Datasets;

[TestClass]
public sealed class KnownLayoutsTests : IDisposable
{
    static readonly byte[] IdxImages = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 77];
    static readonly byte[] IdxLabels = [0, 0, 8, 1, 0, 0, 0, 1, 5];
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void Idx_files_are_known_by_their_directory()
    {
        _folder.Write("train-images-idx3-ubyte.gz", IdxImages);
        _folder.Write("train-labels-idx1-ubyte.gz", IdxLabels);
        Assert.AreEqual(5, LabeledImages.Open(_folder.Root).Labels[0]);
    }

    [TestMethod]
    public void Idx_labels_are_found_beside_their_pictures()
    {
        var images = _folder.Write("emnist-images-idx3-ubyte", IdxImages);
        _folder.Write("emnist-labels-idx1-ubyte", IdxLabels);
        Assert.AreEqual(5, LabeledImages.Open(images).Labels[0]);
    }

    [TestMethod]
    public void A_CIFAR_batch_is_known_by_its_directory_and_by_its_name()
    {
        var batch = _folder.Write("test_batch.bin", [7, .. new byte[3072]]);
        Assert.AreEqual("horse", NameOfFirst(LabeledImages.Open(_folder.Root, DataPart.Test)));
        Assert.AreEqual("horse", NameOfFirst(LabeledImages.Open(batch)));
    }

    [TestMethod]
    public void A_folder_of_class_folders_is_known()
    {
        _folder.Write("cat/0.png", Pictures.Plain(SKColors.Red));
        Assert.AreEqual("cat", NameOfFirst(LabeledImages.Open(_folder.Root)));
    }

    [TestMethod]
    public void A_directory_of_other_files_is_refused_with_what_it_holds()
    {
        _folder.Write("table.csv", [1]);
        Refusal.Of<InvalidDataException>(() => LabeledImages.Open(_folder.Root), "'table.csv'", "Accepted are: idx");
    }

    [TestMethod]
    public void An_empty_directory_is_refused() =>
        Refusal.Of<InvalidDataException>(() => LabeledImages.Open(_folder.Root), "holds nothing", "Accepted are: idx");

    [TestMethod]
    public void Another_kind_of_file_is_refused()
    {
        var path = _folder.Write("table.csv", [1]);
        Refusal.Of<InvalidDataException>(() => LabeledImages.Open(path), "'table.csv'", "Accepted are: idx");
    }

    [TestMethod]
    public void A_part_of_a_single_batch_is_refused()
    {
        var path = _folder.Write("batch.bin", [7, .. new byte[3072]]);
        Refusal.Of<InvalidDataException>(() => LabeledImages.Open(path, DataPart.Train), "one file", "DataPart.Only");
    }

    [TestMethod]
    public void A_path_where_nothing_is_is_refused() => Refusal.Of<FileNotFoundException>(
        () => LabeledImages.Open(Path.Combine(_folder.Root, "none")), "none", "Accepted are: idx");

    static string NameOfFirst(LabeledImages images) => images.ClassNames[images.Labels[0]];
}
