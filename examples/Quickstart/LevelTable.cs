using System.Globalization;
using System.IO.Compression;
using Elsa.MLNet;
using Google.Protobuf;
using Spectre.Console;

namespace Quickstart;

/// <summary>The table of levels: what each keeps, what it costs in accuracy and what it saves in bytes.</summary>
static class LevelTable
{
    public static void Print(ElsaTransformer elsa, long denseBytes, long parentBytes, Func<ElsaTransformer, double> accuracyOf)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var heading in (string[])["level", "sparsity", "kept weights", "accuracy", "change", "extracted", "gzipped"])
            table.AddColumn(new TableColumn(heading).RightAligned().NoWrap());
        var dense = 0.0;
        foreach (var level in elsa.Levels)
        {
            using var transformer = elsa.WithLevel(level.Index);
            var accuracy = accuracyOf(transformer);
            if (level.Index == 0) dense = accuracy;
            var bytes = elsa.Parent.Extract(level.Index).ToByteArray();
            table.AddRow(level.Name, Percent(level.Sparsity), Whole(level.KeptWeights), Percent(accuracy), Points(accuracy - dense), Whole(bytes.Length), Whole(Gzip(bytes)));
        }
        AnsiConsole.Write(table);
        Console.WriteLine($"Parent: {Whole(parentBytes)} bytes for all {elsa.Levels.Count} levels, {Ratio(parentBytes, denseBytes)} times the dense file's {Whole(denseBytes)}. " +
            "Sparsity is of the maskable weights; change is in points of accuracy on the test images; sizes are in bytes.");
    }

    static long Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) gzip.Write(bytes);
        return packed.Length;
    }

    static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    static string Percent(double share) => (100 * share).ToString("0.00", CultureInfo.InvariantCulture) + " %";

    static string Points(double difference) => (100 * difference).ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    static string Ratio(long part, long whole) => ((double)part / whole).ToString("0.000", CultureInfo.InvariantCulture);
}
