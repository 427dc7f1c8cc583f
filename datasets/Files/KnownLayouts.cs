namespace Elsa.MLNet.Datasets;

/// <summary>Recognises a layout by the names at a path.</summary>
static class KnownLayouts
{
    const string Accepted =
        "Accepted are: idx files (train-images-idx3-ubyte and train-labels-idx1-ubyte, t10k-..., plain or .gz), "
        + "CIFAR-10 batches (data_batch_1.bin, test_batch.bin or any .bin, plain or .gz), a folder of class folders "
        + "with .jpg or .png files, and a .tar, .tar.gz or .tgz of such a folder.";

    /// <inheritdoc cref="LabeledImages.Open"/>
    public static LabeledImages Open(string path, DataPart part)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            return OpenDirectory(path, part);
        if (File.Exists(path))
            return OpenFile(path, part);
        throw new FileNotFoundException($"There is no directory and no file '{path}'. {Accepted}", path);
    }

    static LabeledImages OpenDirectory(string path, DataPart part)
    {
        if (IdxFiles.HasPair(path))
            return IdxFiles.Open(path, part);
        if (CifarFiles.HasBatches(path))
            return CifarFiles.Open(path, part);
        if (Directory.EnumerateDirectories(path).Any())
            return ImageFolder.Open(path, part);
        string?[] found =
            [.. Directory.EnumerateFiles(path).Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(5)];
        throw new InvalidDataException(
            $"The directory '{path}' has no layout known here; it holds "
            + $"{(found.Length == 0 ? "nothing" : $"'{string.Join("', '", found)}' and no folders")}. {Accepted}");
    }

    static LabeledImages OpenFile(string path, DataPart part)
    {
        var name = Path.GetFileName(path);
        if (ImageFolder.IsArchive(name))
            return ImageFolder.Open(path, part);
        if (part != DataPart.Only)
            throw new InvalidDataException(
                $"'{name}' is one file and holds one part. Leave the part at DataPart.Only, or name the directory.");
        if (IdxFiles.IsImages(name))
            return IdxFiles.Open(path, IdxFiles.LabelsOf(path));
        if (name.EndsWith(".bin", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".bin.gz", StringComparison.OrdinalIgnoreCase))
            return CifarFiles.Open([path]);
        throw new InvalidDataException($"The file '{name}' has no layout known here. {Accepted}");
    }
}
