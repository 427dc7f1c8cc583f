namespace Elsa.MLNet.Datasets;

/// <summary>
/// Reads colour pictures in the binary layout of CIFAR-10, plain or gzipped: for each picture one label byte, 0 to 9,
/// and 3,072 bytes, the red, green and blue planes of 32 x 32.
/// </summary>
public static class CifarFiles
{
    const int Side = 32, Planes = 3, PictureBytes = Planes * Side * Side;
    const int LargestBatch = 5;

    /// <summary>The ten classes, in the order of their labels.</summary>
    public static IReadOnlyList<string> ClassNames { get; } = Array.AsReadOnly(
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]);

    /// <summary>Opens the batches in a directory: <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c>, as many as are
    /// there, or <c>test_batch.bin</c>; with or without <c>.gz</c>.</summary>
    /// <param name="directory">Where the files are.</param>
    /// <param name="part">Which part.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or <paramref name="part"/> is not there or not
    /// clear.</exception>
    public static LabeledImages Open(string directory, DataPart part = DataPart.Only)
    {
        string[] train = [.. TrainFiles(directory)], test = [.. Existing(directory, "test_batch.bin")];
        part = Parts.Choose(part, train.Length > 0, test.Length > 0, directory);
        return Open(part == DataPart.Test ? test : train);
    }

    /// <summary>Opens batches with any names, in the given order.</summary>
    /// <param name="files">At least one file.</param>
    /// <exception cref="ArgumentException">No file is named.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, empty or in another layout.</exception>
    public static LabeledImages Open(IReadOnlyList<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (files.Count == 0)
            throw new ArgumentException("No file is named. Name at least one batch.", nameof(files));
        var rows = new ImageRows(Side, Side, Planes);
        foreach (var path in files)
            Read(path, rows);
        return rows.Build(ClassNames);
    }

    internal static bool HasBatches(string directory) =>
        TrainFiles(directory).Concat(Existing(directory, "test_batch.bin")).Any();

    static void Read(string path, ImageRows rows)
    {
        using var file = SourceFile.Open(path);
        var before = rows.Count;
        var record = new byte[1 + PictureBytes];
        while (file.TryRead(record, $"picture {rows.Count - before}"))
        {
            if (record[0] >= ClassNames.Count)
                throw file.Wrong(
                    $"gives picture {rows.Count - before} the label {record[0]}. "
                    + $"CIFAR-10 labels are 0 to {ClassNames.Count - 1}; "
                    + $"each picture is one label byte and {PictureBytes} pixel bytes");
            record.AsSpan(1).CopyTo(rows.Add(record[0]));
        }
        if (rows.Count == before)
            throw file.Wrong("is empty. A batch holds at least one picture");
    }

    static IEnumerable<string> TrainFiles(string directory) => Enumerable.Range(1, LargestBatch)
        .SelectMany(number => Existing(directory, FormattableString.Invariant($"data_batch_{number}.bin")));

    static IEnumerable<string> Existing(string directory, string name) =>
        new[] { Path.Combine(directory, name), Path.Combine(directory, name + ".gz") }.Where(File.Exists).Take(1);
}
