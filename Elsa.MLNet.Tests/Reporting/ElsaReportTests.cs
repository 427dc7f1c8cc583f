using System.IO.Compression;
using Elsa.MLNet.Tests.Fitting;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Reporting;

[TestClass]
public sealed class ElsaReportTests
{
    readonly MLContext _context = new(1);

    [TestMethod]
    public void Accuracy_and_flips_are_those_counted_by_hand()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var rows = ReportedLevels.HeldOut(_context);
        var report = ElsaReport.Of(elsa, rows, ReportedLevels.Quick);
        var labels = rows.GetColumn<uint>("Label").Select(label => (int)label).ToArray();
        var dense = ReportedLevels.Classes(elsa, 0, rows);
        Assert.AreEqual(ReportedLevels.Rows, report.Rows);
        Assert.IsEmpty(report.Levels[0].Flips);
        Assert.IsNotEmpty(report.Levels[2].Flips);
        foreach (var level in report.Levels)
        {
            var classes = ReportedLevels.Classes(elsa, level.Level.Index, rows);
            var right = classes.Zip(labels).Count(pair => pair.First == pair.Second);
            var flips = Enumerable.Range(0, classes.Length).Where(row => classes[row] != dense[row])
                .Select(row => new ElsaFlip(row, dense[row], classes[row], labels[row]));
            Assert.AreEqual(new ElsaShare(right, ReportedLevels.Rows), level.Accuracy);
            Assert.AreEqual(new ElsaShare(ReportedLevels.Rows - level.Flips.Count, ReportedLevels.Rows), level.Agreement);
            Assert.AreSequenceEqual(flips, level.Flips);
        }
    }

    [TestMethod]
    public void Sizes_are_those_of_the_files()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var report = ElsaReport.Of(elsa);
        Assert.AreEqual(elsa.Parent.ToBytes().Length, report.ParentBytes);
        foreach (var level in report.Levels)
        {
            var bytes = elsa.Parent.Extract(level.Level.Index).ToByteArray();
            using var packed = new MemoryStream();
            using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true)) deflate.Write(bytes);
            Assert.AreEqual((bytes.Length, packed.Length), (level.ExtractedBytes, level.DeflatedBytes));
        }
        Assert.IsLessThan(report.Levels[0].DeflatedBytes, report.Levels[2].DeflatedBytes);
    }

    [TestMethod]
    public void Without_rows_it_tells_what_the_manifest_knows()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var report = ElsaReport.Of(elsa);
        Assert.AreEqual(0, report.Rows);
        Assert.IsTrue(report.Levels.All(level => level is { Accuracy: null, Agreement: null, Speed: null, Flips.Count: 0 }));
        Assert.Contains("fitted accuracy", report.ToString());
        Assert.Contains("accuracy, as fitted", report.ToHtml());
    }

    [TestMethod]
    public void Without_labels_it_tells_agreement_and_flips()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var report = ElsaReport.Of(elsa, ReportedLevels.HeldOut(_context), ReportedLevels.Quick with { LabelColumnName = null });
        Assert.IsTrue(report.Levels.All(level => level is { Accuracy: null, Agreement: not null }));
        Assert.IsTrue(report.Levels[2].Flips.All(flip => flip.Label is null));
    }

    [TestMethod]
    public void Speed_is_measured_in_three_passes_at_least_or_not_at_all()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var rows = ReportedLevels.HeldOut(_context);
        foreach (var level in ElsaReport.Of(elsa, rows, ReportedLevels.Quick).Levels)
        {
            var speed = level.Speed!.Value;
            Assert.IsGreaterThanOrEqualTo(3, speed.Passes);
            Assert.IsGreaterThan(0, speed.Slowest);
            Assert.IsTrue(speed.Slowest <= speed.RowsPerSecond && speed.RowsPerSecond <= speed.Fastest);
        }
        var unmeasured = ElsaReport.Of(elsa, rows, ReportedLevels.Quick with { MeasuringTime = TimeSpan.Zero });
        Assert.IsTrue(unmeasured.Levels.All(level => level.Speed is null));
    }

    [TestMethod]
    public void Only_the_first_rows_are_read()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var report = ElsaReport.Of(elsa, ReportedLevels.HeldOut(_context), ReportedLevels.Quick with { MaximumRows = 40 });
        Assert.AreEqual(40, report.Rows);
        Assert.IsTrue(report.Levels.SelectMany(level => level.Flips).All(flip => flip.Row < 40));
    }

    [TestMethod]
    public void The_transformer_stays_usable()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var rows = ReportedLevels.HeldOut(_context);
        ElsaReport.Of(elsa, rows, ReportedLevels.Quick);
        Assert.HasCount(ReportedLevels.Rows, elsa.Transform(rows).GetColumn<float[]>("Score").ToList());
    }

    [TestMethod]
    public void A_disposed_transformer_is_refused()
    {
        var elsa = ReportedLevels.Fit(_context);
        elsa.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => ElsaReport.Of(elsa));
    }

    [TestMethod]
    public void A_label_column_that_is_not_there_is_named()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var error = Assert.ThrowsExactly<ArgumentException>(() => ElsaReport.Of(
            elsa, ReportedLevels.HeldOut(_context), ReportedLevels.Quick with { LabelColumnName = "Truth" }));
        Assert.Contains("'Truth'", error.Message);
    }

    [TestMethod]
    public void A_label_of_several_values_is_refused()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var error = Assert.ThrowsExactly<ArgumentException>(() => ElsaReport.Of(
            elsa, ReportedLevels.HeldOut(_context), ReportedLevels.Quick with { LabelColumnName = "Features" }));
        Assert.Contains("one class a row", error.Message);
    }

    [TestMethod]
    public void A_label_that_is_no_class_of_the_network_is_refused()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var rows = _context.Data.LoadFromEnumerable([new SmallNetwork.Row { Features = new float[SmallNetwork.Inputs], Label = 9 }]);
        var error = Assert.ThrowsExactly<ArgumentException>(() => ElsaReport.Of(elsa, rows, ReportedLevels.Quick));
        Assert.Contains("0 to 2", error.Message);
    }

    [TestMethod]
    public void Data_without_rows_is_refused()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var error = Assert.ThrowsExactly<ArgumentException>(() => ElsaReport.Of(
            elsa, ReportedLevels.HeldOut(_context, rows: 0), ReportedLevels.Quick));
        Assert.Contains("has no rows", error.Message);
    }

    [TestMethod]
    public void A_cancelled_report_stops()
    {
        using var elsa = ReportedLevels.Fit(_context);
        Assert.ThrowsExactly<OperationCanceledException>(() => ElsaReport.Of(
            elsa, null, new ElsaReportOptions { CancellationToken = new CancellationToken(canceled: true) }));
    }

    [TestMethod]
    public void Options_out_of_range_are_refused()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ElsaReportOptions { MaximumRows = 0 });
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ElsaReportOptions { MeasuringTime = TimeSpan.FromSeconds(-1) });
    }
}
