namespace Elsa.MLNet.Tests.Notebooks;

/// <summary>A cell: markdown, or code.</summary>
sealed record Cell(bool IsCode, string Source);

/// <summary>
/// The cells of the notebook, made of the program beside it: a <c>// ## Title</c> and the comment below begin a section, a
/// cell of text and a cell of code. What stands before the first is for the program; its usings go into the set-up cell.
/// </summary>
static class NotebookSource
{
    const string Section = "// ## ";

    /// <summary>The program's own file.</summary>
    public static string ProgramPath => Path.Combine(Repository.Root, "examples", "explore-the-trade-off.cs");

    public static string NotebookPath => Path.Combine(Repository.Root, "examples", "notebooks", "explore-the-trade-off.ipynb");

    public static List<Cell> Cells()
    {
        var lines = File.ReadAllText(ProgramPath).ReplaceLineEndings("\n").TrimEnd().Split('\n').ToList();
        var first = lines.FindIndex(line => line.StartsWith(Section, StringComparison.Ordinal));
        var cells = new List<Cell> { new(false, Introduction), new(true, SetUp(lines.Take(first))) };
        for (var at = first; at < lines.Count;)
        {
            var text = new List<string> { lines[at][3..] };
            for (at++; at < lines.Count && lines[at].StartsWith("// ", StringComparison.Ordinal); at++) text.Add(lines[at][3..]);
            var end = lines.FindIndex(at, line => line.StartsWith(Section, StringComparison.Ordinal));
            if (end < 0) end = lines.Count;
            cells.Add(new Cell(false, string.Join('\n', text)));
            cells.Add(new Cell(true, string.Join('\n', lines[at..end]).Trim('\n')));
            at = end;
        }
        return cells;
    }

    const string Introduction = """
        # Explore the trade-off
        What do sparse levels cost in accuracy, and what do they save in bytes and time on this machine? The notebook makes its
        own data. Build what it uses first: `dotnet build -c Release examples/Network`. The same as a program:
        `dotnet run -c Release examples/explore-the-trade-off.cs`.
        """;

    static readonly string[] Packages =
        ["Google.Protobuf", "Microsoft.ML", "Microsoft.ML.OnnxRuntime", "OxyPlot.Core", "System.Numerics.Tensors"];

    static readonly string[] Libraries = ["Elsa.MLNet.Onnx", "Elsa.MLNet", "Elsa.MLNet.Datasets", "Quickstart.Network"];

    static string SetUp(IEnumerable<string> preamble)
    {
        var versions = File.ReadAllText(Path.Combine(Repository.Root, "Directory.Packages.props"));
        return string.Join('\n', (string[])[
            .. Packages.Select(package => $"#r \"nuget: {package}, {VersionOf(package)}\""),
            .. Libraries.Select(library => $"#r \"../Network/bin/Release/net10.0/{library}.dll\""),
            "",
            .. preamble.Where(line => line.StartsWith("using ", StringComparison.Ordinal)),
            "",
            "void Show(object value) => value.Display();"]);

        string VersionOf(string package) => versions.Split($"Include=\"{package}\" Version=\"")[1].Split('"')[0];
    }
}
