using System.CommandLine;
using Elsa.MLNet.Cli.Extraction;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Cli.Commands;

/// <summary><c>elsa extract PARENT --level NAME -o FILE [--force] [--json]</c></summary>
internal static class ExtractCommand
{
    const string Description = "Take one level out of a parent and write it as a plain ONNX file.";

    const string Explanation =
        """
        Any program that runs ONNX can use the file. It is verified before it gets its name: there is a complete and right
        file, or none. The parent is only read. A process that is killed may leave a folder .elsa-*.part; delete it.

        Example: elsa extract network.elsa.onnx --level s90 -o network.s90.onnx
        """;

    public static Command Create(CliSession session)
    {
        var parent = CommonSymbols.Parent();
        var level = CommonSymbols.Value("--level", "-l", "NAME", "Name of the level, for example s90, or dense. 'elsa inspect PARENT' lists the names.");
        var output = CommonSymbols.Value("--output", "-o", "FILE", "The file to write.");
        level.Required = output.Required = true;
        var force = new Option<bool>("--force", "-f") { Description = "Replace the output file if it exists." };
        var json = CommonSymbols.Json();
        var command = new ExplainedCommand("extract", Description, Explanation) { parent, level, output, force, json };
        command.SetAction(parsed => session.Answer("extract", parsed.GetValue(json), () => Extract(session,
            parsed.GetRequiredValue(parent), parsed.GetRequiredValue(level)!, parsed.GetRequiredValue(output)!, parsed.GetValue(force))));
        return command;
    }

    static ExtractAnswer Extract(CliSession session, string path, string levelName, string output, bool force)
    {
        InputFile.Require(path);
        var target = OutputFile.For(output, path, force);
        session.Step($"Reading {path}");
        var parent = InputFile.ReadParent(path);
        var level = InputFile.Level(parent, path, levelName);

        session.Step($"Writing level {level.Name}");
        using var staged = new StagedLevel(target);
        staged.Write(parent, level.Index);
        session.Step($"Verifying level {level.Name}");
        var verification = ParentVerification.OfExtracted(parent, staged.ModelPath, level.Name);
        if (!verification.IsValid)
            throw new DamagedFileException($"Level '{level.Name}' of '{path}' is not what the parent says it is, so '{output}' was not " +
                $"written. {verification.Findings[0]}", verification.Findings);

        session.Step($"Putting {output} in place");
        var bytes = staged.Bytes;
        staged.PutInPlace(ExternalFiles.Of(parent.ToModel(), path));
        return new ExtractAnswer(path, output, bytes, level);
    }
}
