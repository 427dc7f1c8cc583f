using System.CommandLine;
using Elsa.MLNet.Cli.Inspection;

namespace Elsa.MLNet.Cli.Commands;

/// <summary><c>elsa inspect PARENT [--sizes] [--json]</c></summary>
internal static class InspectCommand
{
    const string Description = "Show what a parent holds: levels, tensors, sizes, and how it was fitted.";

    const string Explanation =
        """
        Levels are shown with their sparsity (the share of the maskable weights that are zero) and whatever was measured when
        they were fitted, such as accuracy. The parent is only read, and every hash but those of the levels is checked.

        Example: elsa inspect network.elsa.onnx
        """;

    public static Command Create(CliSession session)
    {
        var parent = CommonSymbols.Parent();
        var sizes = new Option<bool>("--sizes")
        {
            Description = "Also extract every level in memory and show its size as it is and gzipped. Takes time on large files.",
        };
        var json = CommonSymbols.Json();
        var command = new ExplainedCommand("inspect", Description, Explanation) { parent, sizes, json };
        command.SetAction(parsed => session.Answer("inspect", parsed.GetValue(json),
            () => Inspect(session, parsed.GetRequiredValue(parent), parsed.GetValue(sizes))));
        return command;
    }

    static InspectAnswer Inspect(CliSession session, string path, bool withSizes)
    {
        session.Step($"Reading {path}");
        var parent = InputFile.ReadParent(path);
        return new InspectAnswer
        {
            File = path,
            SourceSha256 = parent.SourceSha256,
            Levels = [.. parent.Levels.Select(level => new InspectedLevel(level, withSizes ? Measure(level.Name, level.Index) : null))],
            Tensors = [.. parent.Tensors.Select(tensor => new InspectedTensor(tensor, parent))],
            Sizes = ParentSizes.Of(parent, path),
            SideParameters = parent.SideParameterNames,
            Fit = parent.Fit,
        };

        ExtractedSize? Measure(string name, int level)
        {
            session.Step($"Measuring level {name}");
            return ExtractedSize.Of(parent, level);
        }
    }
}
