using System.CommandLine;
using Elsa.MLNet.Cli.Answers;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Cli.Commands;

/// <summary><c>elsa verify FILE [--parent PARENT [--level NAME]] [--json]</c></summary>
internal static class VerifyCommand
{
    const string Description = "Check that a parent, or a level extracted from one, is what was written.";

    const string Explanation =
        """
        Valid means: every hash holds, the levels nest, and nothing of the network was changed. Files are only read.
        Exit code 0 says valid, 1 says not.

        Example: elsa verify network.elsa.onnx
        Example: elsa verify network.s90.onnx --parent network.elsa.onnx --level s90
        """;

    public static Command Create(CliSession session)
    {
        var file = CommonSymbols.File("FILE", "A parent; with --parent, a file extracted from that parent.");
        var parent = CommonSymbols.Value("--parent", "-p", "PARENT", "The parent that FILE was extracted from.");
        var level = CommonSymbols.Value("--level", "-l", "NAME", "The level that FILE should be; without it any level of the parent will do.");
        var json = CommonSymbols.Json();
        var command = new ExplainedCommand("verify", Description, Explanation) { file, parent, level, json };
        command.SetAction(parsed => session.Answer("verify", parsed.GetValue(json),
            () => Verify(session, parsed.GetRequiredValue(file), parsed.GetValue(parent), parsed.GetValue(level))));
        return command;
    }

    static VerifyAnswer Verify(CliSession session, string file, string? parentPath, string? levelName)
    {
        if (levelName is not null && parentPath is null)
            throw new WrongUseException("levelWithoutParent", "--level says which level FILE should be, and needs the parent: add --parent PARENT.");
        InputFile.Require(file);
        if (parentPath is null)
        {
            session.Step($"Verifying {file}");
            return new VerifyAnswer(file, null, null, ParentVerification.OfParent(file));
        }
        session.Step($"Reading {parentPath}");
        var parent = InputFile.ReadParent(parentPath);
        var expected = levelName is null ? null : InputFile.Level(parent, parentPath, levelName).Name;
        session.Step($"Verifying {file}");
        return new VerifyAnswer(file, parentPath, expected, ParentVerification.OfExtracted(parent, file, expected));
    }
}
