using System.CommandLine;
using System.CommandLine.Parsing;

namespace Elsa.MLNet.Cli.Commands;

/// <summary>Arguments and options that several commands have.</summary>
internal static class CommonSymbols
{
    public static Argument<string> Parent() => File("PARENT", "The parent: an .onnx file that holds several levels.");

    /// <summary>A file to read.</summary>
    public static Argument<string> File(string name, string description)
    {
        var file = new Argument<string>(name) { Description = description };
        file.Validators.Add(RefuseOptions);
        return file;
    }

    /// <summary>An option with one value.</summary>
    public static Option<string?> Value(string name, string alias, string helpName, string description)
    {
        var option = new Option<string?>(name, alias) { Description = description, HelpName = helpName };
        option.Validators.Add(RefuseOptions);
        return option;
    }

    public static Option<bool> Json() => new("--json")
    {
        Description = "Answer with one JSON document on standard output instead of tables, also when something is wrong.",
    };

    /// <summary>What begins with '-' where a value should stand is taken for an option, mistyped or out of place.</summary>
    static void RefuseOptions(SymbolResult found)
    {
        if (found.Tokens.FirstOrDefault(token => token.Value.StartsWith('-')) is { } option)
            found.AddError($"'{option.Value}' stands where a value is expected; a file of this name is given as './{option.Value}'.");
    }
}
