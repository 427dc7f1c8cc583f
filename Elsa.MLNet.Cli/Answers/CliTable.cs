using System.Globalization;
using Spectre.Console;

namespace Elsa.MLNet.Cli.Answers;

/// <summary>Tables as all commands show them, and how they write numbers.</summary>
internal static class CliTable
{
    /// <summary>A table; headings that begin with '#' are columns of numbers.</summary>
    public static Table Of(IAnsiConsole console, IEnumerable<string> headings)
    {
        var table = new Table().Border(console.Profile.Capabilities.Ansi ? TableBorder.Simple : TableBorder.None);
        foreach (var heading in headings)
        {
            var isNumber = heading.StartsWith('#');
            var column = new TableColumn(Text(isNumber ? heading[1..] : heading)).Padding(0, 0, 2, 0);
            table.AddColumn(isNumber ? column.RightAligned().NoWrap() : column.LeftAligned());
        }
        return table;
    }

    /// <summary>Adds a row of plain text.</summary>
    public static void Row(this Table table, IEnumerable<string> cells) => table.AddRow([.. cells.Select(Text)]);

    static Text Text(string cell) => new(CliText.Visible(cell));

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:F2} %");

    public static string Metric(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    public static string Shape(IEnumerable<long> shape) => $"[{string.Join(',', shape)}]";
}
