using System.CommandLine;

namespace Elsa.MLNet.Cli.Commands;

/// <summary>Arguments and options that several commands have.</summary>
internal static class CommonSymbols
{
    public static Argument<string> Parent() => File("PARENT", "The parent: an .onnx file that holds several levels.");

    /// <summary>A file to read. What begins with '-' is taken for a mistyped option, not for a file.</summary>
    public static Argument<string> File(string name, string description)
    {
        var file = new Argument<string>(name) { Description = description };
        file.Validators.Add(found =>
        {
            if (found.Tokens.FirstOrDefault(token => token.Value.StartsWith('-')) is { } option)
                found.AddError($"There is no option '{option.Value}' (a file of this name is given as './{option.Value}').");
        });
        return file;
    }

    public static Option<bool> Json() => new("--json")
    {
        Description = "Answer with one JSON document on standard output instead of tables, also when something is wrong.",
    };
}
