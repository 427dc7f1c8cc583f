using System.Formats.Tar;
using Elsa.MLNet.Datasets;
using SkiaSharp;

namespace Elsa.MLNet.Tests.Datasets;

[TestClass]
public sealed class ImageFolderTests : IDisposable
{
    static readonly SKColor Orange = new(250, 120, 10), Blue = new(20, 30, 200);
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void Class_folders_come_back_in_ordinal_order_as_planes()
    {
        _folder.Write("set/b/0.png", Pictures.Plain(Blue));
        _folder.Write("set/a/1.PNG", Pictures.Plain(Orange));
        _folder.Write("set/a/notes.txt", [1]);
        var images = ImageFolder.Open(Path.Combine(_folder.Root, "set"));
        Assert.AreEqual((4, 3, 3, 2), (images.Width, images.Height, images.Channels, images.Count));
        CollectionAssert.AreEqual(new[] { "a", "b" }, images.ClassNames.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1 }, images.Labels.ToArray());
        CollectionAssert.AreEqual(Planes(Orange), images.Image(0).ToArray());
        CollectionAssert.AreEqual(Planes(Blue), images.Image(1).ToArray());
    }

    [TestMethod]
    [DataRow("set.tar")]
    [DataRow("set.tar.gz")]
    [DataRow("set.tgz")]
    public void An_archive_comes_back_in_its_own_order_with_sorted_classes(string name)
    {
        var path = Archive(name, ("./b/0.png", Pictures.Plain(Blue)), ("./a/0.png", Pictures.Plain(Orange)));
        var images = ImageFolder.Open(path);
        CollectionAssert.AreEqual(new[] { "a", "b" }, images.ClassNames.ToArray());
        CollectionAssert.AreEqual(new[] { 1, 0 }, images.Labels.ToArray());
        CollectionAssert.AreEqual(Planes(Blue), images.Image(0).ToArray());
    }

    [TestMethod]
    public void A_jpeg_comes_back_within_its_rounding()
    {
        _folder.Write("a/0.jpg", Pictures.Plain(Orange, SKEncodedImageFormat.Jpeg, 16, 16));
        var pixel = ImageFolder.Open(_folder.Root).Image(0);
        Assert.AreEqual(Orange.Red, pixel[0], 4f);
        Assert.AreEqual(Orange.Green, pixel[256], 4f);
        Assert.AreEqual(Orange.Blue, pixel[512], 4f);
    }

    [TestMethod]
    public void Grey_pictures_have_one_channel()
    {
        _folder.Write("a/0.png", Pictures.Grey(100));
        var images = ImageFolder.Open(_folder.Root);
        Assert.AreEqual(1, images.Channels);
        CollectionAssert.AreEqual(Enumerable.Range(100, 12).Select(i => (byte)i).ToArray(), images.Image(0).ToArray());
    }

    [TestMethod]
    public void A_grey_picture_among_coloured_ones_is_repeated_in_each_channel()
    {
        _folder.Write("a/0.png", Pictures.Plain(Blue));
        _folder.Write("a/1.png", Pictures.Grey(100));
        var plane = Enumerable.Range(100, 12).Select(i => (byte)i).ToArray();
        CollectionAssert.AreEqual(
            plane.Concat(plane).Concat(plane).ToArray(), ImageFolder.Open(_folder.Root).Image(1).ToArray());
    }

    [TestMethod]
    public void The_part_chooses_the_folder()
    {
        _folder.Write("train/a/0.png", Pictures.Plain(Blue));
        _folder.Write("test/a/0.png", Pictures.Plain(Orange));
        CollectionAssert.AreEqual(Planes(Blue), ImageFolder.Open(_folder.Root, DataPart.Train).Pixels.ToArray());
        CollectionAssert.AreEqual(Planes(Orange), ImageFolder.Open(_folder.Root, DataPart.Test).Pixels.ToArray());
        Refusal.Of<InvalidDataException>(() => ImageFolder.Open(_folder.Root), "DataPart.Train or DataPart.Test");
    }

    [TestMethod]
    public void A_part_that_is_not_there_is_refused()
    {
        _folder.Write("train/a/0.png", Pictures.Plain(Blue));
        Refusal.Of<InvalidDataException>(
            () => ImageFolder.Open(_folder.Root, DataPart.Test), "no picture of the part Test");
    }

    [TestMethod]
    public void A_folder_without_pictures_is_refused() =>
        Refusal.Of<InvalidDataException>(() => ImageFolder.Open(_folder.Root), "no picture", "class/picture.jpg");

    [TestMethod]
    public void A_picture_outside_a_class_folder_is_refused()
    {
        _folder.Write("0.png", Pictures.Plain(Blue));
        Refusal.Of<InvalidDataException>(() => ImageFolder.Open(_folder.Root), "'0.png'", "no class folder");
    }

    [TestMethod]
    public void Two_sizes_are_refused()
    {
        _folder.Write("a/0.png", Pictures.Plain(Blue));
        _folder.Write("a/1.png", Pictures.Plain(Blue, width: 5));
        Refusal.Of<InvalidDataException>(() => ImageFolder.Open(_folder.Root), "'a/1.png'", "5 x 3", "4 x 3");
    }

    [TestMethod]
    public void A_coloured_picture_after_a_grey_one_is_refused()
    {
        _folder.Write("a/0.png", Pictures.Grey(1));
        _folder.Write("a/1.png", Pictures.Plain(Blue));
        Refusal.Of<InvalidDataException>(() => ImageFolder.Open(_folder.Root), "'a/1.png'", "coloured", "grey");
    }

    [TestMethod]
    public void A_file_that_is_no_picture_is_refused()
    {
        _folder.Write("a/0.jpg", [1, 2, 3]);
        Refusal.Of<InvalidDataException>(() => ImageFolder.Open(_folder.Root), "'a/0.jpg'", "3 bytes", "not a .jpg");
    }

    [TestMethod]
    public void A_picture_cut_short_is_refused()
    {
        var whole = Pictures.Grey(0, 40, 40);
        _folder.Write("a/0.png", whole[..(whole.Length / 2)]);
        Refusal.Of<InvalidDataException>(() => ImageFolder.Open(_folder.Root), "'a/0.png'", "damaged");
    }

    [TestMethod]
    public void A_picture_damaged_anywhere_is_read_or_refused_and_never_worse()
    {
        var random = new Random(1);
        foreach (var whole in new[] { Pictures.Grey(0, 9, 9), Pictures.Plain(Blue, SKEncodedImageFormat.Jpeg, 9, 9) })
        {
            for (var trial = 0; trial < 200; trial++)
            {
                var damaged = whole.ToArray();
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                _folder.Write("a/0.png", damaged);
                try
                {
                    ImageFolder.Open(_folder.Root);
                }
                catch (InvalidDataException refusal)
                {
                    Assert.Contains("'a/0.png'", refusal.Message);
                }
            }
        }
    }

    [TestMethod]
    public void A_side_over_4096_pixels_is_refused()
    {
        _folder.Write("a/0.png", Pictures.Plain(Blue, width: 4097, height: 1));
        Refusal.Of<InvalidDataException>(() => ImageFolder.Open(_folder.Root), "'a/0.png'", "4097 x 1", "4096");
    }

    [TestMethod]
    public void An_archive_cut_short_is_refused()
    {
        var whole = File.ReadAllBytes(Archive("whole.tar", ("a/0.png", Pictures.Grey(0, 40, 40))));
        var path = _folder.Write("set.tar", whole[..700]);
        Refusal.Of<InvalidDataException>(() => ImageFolder.Open(path), "'set.tar'", "Get the file again");
    }

    [TestMethod]
    public void A_file_that_is_no_archive_is_refused()
    {
        var path = _folder.Write("set.tar", [.. Enumerable.Range(0, 2000).Select(i => (byte)(i * 7 + 1))]);
        Refusal.Of<InvalidDataException>(() => ImageFolder.Open(path), "'set.tar'", "not a whole tar archive");
    }

    [TestMethod]
    public void An_entry_that_promises_more_than_64_MiB_is_refused_before_memory_is_taken()
    {
        var bytes = File.ReadAllBytes(Archive("small.tar", ("a/0.png", Pictures.Plain(Blue))));
        "77777777777"u8.CopyTo(bytes.AsSpan(124));
        "        "u8.CopyTo(bytes.AsSpan(148));
        var sum = bytes.AsSpan(0, 512).ToArray().Sum(b => b);
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(bytes.AsSpan(148));
        Refusal.Of<InvalidDataException>(
            () => ImageFolder.Open(_folder.Write("set.tar", bytes)), "'a/0.png'", "8589934591 bytes", "67108864");
    }

    string Archive(string name, params (string Name, byte[] Content)[] files)
    {
        using var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, leaveOpen: true))
        {
            foreach (var file in files)
            {
                using var content = new MemoryStream(file.Content);
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, file.Name) { DataStream = content });
            }
        }
        return _folder.Write(name, bytes.ToArray());
    }

    static byte[] Planes(SKColor color) =>
        [.. new[] { color.Red, color.Green, color.Blue }.SelectMany(v => Enumerable.Repeat(v, 12))];
}
