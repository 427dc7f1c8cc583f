namespace Elsa.MLNet.Tests.Readme;

/// <summary>Code that stands both in a text for users and in a test that runs it.</summary>
static class MarkedText
{
    /// <summary>The lines between "// NAME, begin" and "// NAME, end" of a source file, block after block.</summary>
    public static List<string[]> BlocksOf(string path, string name)
    {
        var blocks = new List<string[]>();
        var lines = Lines(path);
        for (var at = lines.IndexOf($"// {name}, begin"); at >= 0; at = lines.IndexOf($"// {name}, begin", at))
        {
            var end = lines.IndexOf($"// {name}, end", at);
            blocks.Add([.. lines[(at + 1)..end]]);
            at = end;
        }
        return blocks;
    }

    /// <summary>The C# of a text, block after block.</summary>
    public static List<string[]> CodeOf(string path)
    {
        var blocks = new List<string[]>();
        var lines = Lines(path);
        for (var at = lines.IndexOf("```csharp"); at >= 0; at = lines.IndexOf("```csharp", at))
        {
            var end = lines.IndexOf("```", at);
            blocks.Add([.. lines[(at + 1)..end]]);
            at = end;
        }
        return blocks;
    }

    /// <summary>A file's lines without the space around them.</summary>
    public static List<string> Lines(string path) => [.. File.ReadAllLines(Path.Combine(Repository.Root, path)).Select(line => line.Trim())];
}
