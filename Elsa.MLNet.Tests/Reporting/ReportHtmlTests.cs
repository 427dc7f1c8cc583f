using System.Xml.Linq;
using Elsa.MLNet.Reporting;
using Microsoft.DotNet.Interactive.Formatting;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Reporting;

[TestClass]
public sealed class ReportHtmlTests
{
    readonly MLContext _context = new(1);

    ElsaReport Report()
    {
        using var elsa = ReportedLevels.Fit(_context);
        return ElsaReport.Of(elsa, ReportedLevels.HeldOut(_context), ReportedLevels.Quick);
    }

    [TestMethod]
    public void The_page_is_well_formed_and_plots_sparsity_speed_and_size()
    {
        var report = Report();
        var fragment = XElement.Parse(ReportHtml.Fragment(report));
        var ids = fragment.Descendants().Attributes("id").Select(id => id.Value).ToList();
        Assert.AreSequenceEqual(ids.Distinct(), ids);
        XNamespace svg = "http://www.w3.org/2000/svg";
        var plots = fragment.Descendants(svg + "svg").ToList();
        Assert.HasCount(3, plots);
        string[] titles = ["sparsity, %", "rows per second on this machine", "bytes extracted and deflated"];
        foreach (var (plot, title) in plots.Zip(titles))
            foreach (var text in (string[])[title, .. report.Levels.Select(level => level.Level.Name)])
                Assert.Contains(text, plot.Descendants(svg + "text").Select(node => node.Value));
        Assert.Contains(ReportHtml.Fragment(report), report.ToHtml());
    }

    [TestMethod]
    public void The_page_loads_nothing_and_runs_nothing()
    {
        var page = Report().ToHtml();
        foreach (var loader in (string[])["<script", "src=", "href=", "@import"])
            Assert.DoesNotContain(loader, page);
        Assert.AreEqual(page.Split("url(").Length, page.Split("url(#elsa").Length, "Every url is a part of the page.");
    }

    [TestMethod]
    public void Every_level_and_its_numbers_stand_in_table_and_text()
    {
        var report = Report();
        var (page, text) = (report.ToHtml(), report.ToString());
        foreach (var level in report.Levels)
            foreach (var said in (string[])[level.Level.Name, level.Accuracy!.Value.ToString(), level.DeflatedBytes.ToString("N0")])
            {
                Assert.Contains(said, page);
                Assert.Contains(said, text);
            }
        Assert.Contains(report.Setting, text);
    }

    [TestMethod]
    public void Names_from_data_cannot_become_markup()
    {
        using var elsa = ReportedLevels.Fit(_context);
        var named = _context.Transforms.Conversion.MapValueToKey("Class", "Name");
        var rows = _context.Data.LoadFromEnumerable(Enumerable.Range(0, ReportedLevels.Rows).Select(row => new NamedRow
        {
            Features = [.. Enumerable.Range(0, Fitting.SmallNetwork.Inputs).Select(index => MathF.Sin(row * (index + 1)))],
            Name = ((string[])["<script>", "a & b", "\"c\""])[row % 3],
        }).ToList());
        var report = ElsaReport.Of(elsa, named.Fit(rows).Transform(rows), ReportedLevels.Quick with { LabelColumnName = "Class" });
        Assert.AreSequenceEqual(["<script>", "a & b", "\"c\""], report.ClassNames);
        var page = report.ToHtml();
        Assert.DoesNotContain("<script>", page);
        Assert.Contains("&lt;script&gt;", page);
    }

    [TestMethod]
    public void A_notebook_shows_the_report_as_html_and_as_text()
    {
        var report = Report();
        Assert.AreSequenceEqual(["text/html"], Formatter.GetPreferredMimeTypesFor(typeof(ElsaReport)));
        Assert.AreEqual(ReportHtml.Fragment(report), report.ToDisplayString("text/html"));
        Assert.AreEqual(report.ToString(), report.ToDisplayString("text/plain"));
    }

    sealed class NamedRow
    {
        [VectorType(Fitting.SmallNetwork.Inputs)] public float[] Features { get; set; } = [];

        public string Name { get; set; } = "";
    }
}
