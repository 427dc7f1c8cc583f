using System.Xml.Linq;

namespace Elsa.MLNet.Tests.Notebooks;

/// <summary>
/// The notebook runs and is the program beside it. To renew it with what a real run shows, run these tests with
/// ELSA_ACCEPT_NOTEBOOK=1 (half a minute, on a machine that does nothing else) and commit the file.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed class NotebookTests
{
    [TestMethod]
    public async Task Every_cell_runs_and_shows_something()
    {
        var (cells, renew) = (NotebookSource.Cells(), Environment.GetEnvironmentVariable("ELSA_ACCEPT_NOTEBOOK") == "1");
        var outputs = await NotebookRun.Of(renew ? cells : cells.Select(Small));
        foreach (var (cell, shown) in cells.Zip(outputs).Where(pair => pair.First.IsCode).Skip(1))
            Assert.IsNotEmpty(shown, cell.Source);
        if (renew) NotebookFile.Write(NotebookSource.NotebookPath, cells, outputs);
    }

    [TestMethod]
    public void The_stored_notebook_is_the_program()
    {
        var stored = NotebookFile.Read(NotebookSource.NotebookPath);
        Assert.AreSequenceEqual(NotebookSource.Cells(), stored.Select(part => part.Cell));
    }

    [TestMethod]
    public void The_stored_notebook_shows_what_a_run_showed()
    {
        var stored = NotebookFile.Read(NotebookSource.NotebookPath).Where(part => part.Cell.IsCode).Skip(1).ToList();
        foreach (var (cell, outputs) in stored) Assert.IsNotEmpty(outputs, cell.Source);
        var page = stored.SelectMany(part => part.Outputs).Select(output => output!["data"]!["text/html"]).Single(html => html is not null);
        var report = XElement.Parse(string.Concat(page!.AsArray().Select(line => (string)line!)));
        Assert.HasCount(3, report.Descendants("{http://www.w3.org/2000/svg}svg").ToList());
        foreach (var level in (string[])["dense", "s50", "s80", "s95", "s98"])
            Assert.Contains(level, report.Descendants("td").Select(cell => cell.Value));
    }

    /// <summary>The same cell on few rows.</summary>
    static Cell Small(Cell cell)
    {
        (string Full, string Small)[] sizes =
        [
            ("const int trainRows = 6000, testRows = 2000, epochs = 3;", "const int trainRows = 300, testRows = 60, epochs = 1;"),
            ("LabelColumnName = \"Label\" });", "LabelColumnName = \"Label\", MeasuringTime = TimeSpan.FromTicks(1) });"),
        ];
        foreach (var (full, small) in sizes)
        {
            Assert.ContainsSingle(NotebookSource.Cells().Where(any => any.Source.Contains(full)), full);
            cell = cell with { Source = cell.Source.Replace(full, small) };
        }
        return cell;
    }
}
