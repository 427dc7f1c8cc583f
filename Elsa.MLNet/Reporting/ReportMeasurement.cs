using System.IO.Compression;
using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Google.Protobuf;
using Microsoft.ML;

namespace Elsa.MLNet.Reporting;

/// <summary>Makes a report: sizes from the parent, everything else by scoring the held-out rows with every level.</summary>
internal static class ReportMeasurement
{
    public static ElsaReport Of(ElsaTransformer transformer, IDataView? heldOut, ElsaReportOptions options)
    {
        transformer.ThrowIfDisposed();
        var parent = transformer.Parent;
        var levels = new List<ElsaLevelReport>();
        foreach (var level in parent.Levels)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            levels.Add(WithSizes(parent, level));
        }
        var parentBytes = (long)parent.ToBytes().Length;
        var setting = SettingOf(transformer);
        if (heldOut is null) return new ElsaReport(levels, parentBytes, 0, [], setting);
        using var rows = HeldOutRows.Read(transformer, heldOut, options);
        return new ElsaReport(Scored(levels, rows, options), parentBytes, rows.Count, rows.ClassNames, setting);
    }

    private static ElsaLevelReport WithSizes(ParentModel parent, ElsaLevel level)
    {
        var bytes = parent.Extract(level.Index).ToByteArray();
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true)) deflate.Write(bytes);
        return new ElsaLevelReport { Level = level, ExtractedBytes = bytes.Length, DeflatedBytes = packed.Length };
    }

    private static List<ElsaLevelReport> Scored(List<ElsaLevelReport> levels, HeldOutRows rows, ElsaReportOptions options)
    {
        var classes = levels.Select(level => rows.Classes(level.Level.Index)).ToList();
        var dense = classes[0];
        var speeds = options.MeasuringTime > TimeSpan.Zero ? LevelSpeeds.Measure(rows, levels.Count, options) : null;
        if (!rows.HasClasses) return [.. levels.Select((level, index) => level with { Speed = speeds?[index] })];
        return [.. levels.Select((level, index) => level with
        {
            Agreement = Share(row => classes[index][row] == dense[row]),
            Accuracy = rows.Labels is { } labels ? Share(row => classes[index][row] == labels[row]) : null,
            Flips = [.. Enumerable.Range(0, rows.Count).Where(row => classes[index][row] != dense[row])
                .Select(row => new ElsaFlip(row, dense[row], classes[index][row], (int?)rows.Labels?[row]))],
            Speed = speeds?[index],
        })];

        ElsaShare Share(Func<int, bool> holds) => new(Enumerable.Range(0, rows.Count).Count(holds), rows.Count);
    }

    private static string SettingOf(ElsaTransformer transformer)
    {
        var execution = transformer.ExecutionOptions;
        var threads = execution.IntraOpNumThreads is { } count ? $"{count} intra-op threads" : "threads by default";
        return $"{Environment.ProcessorCount} logical cores ({RuntimeInformation.ProcessArchitecture}), " +
            $"{RuntimeInformation.FrameworkDescription}, ONNX Runtime {NativeRuntime.Version}, " +
            $"{execution.Provider}, {threads}, batch {execution.BatchSize}";
    }
}
