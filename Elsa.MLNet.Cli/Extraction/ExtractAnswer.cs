using Elsa.MLNet.Cli.Answers;
using Elsa.MLNet.Onnx;
using Spectre.Console;

namespace Elsa.MLNet.Cli.Extraction;

/// <summary>The answer of <c>elsa extract</c>.</summary>
internal sealed record ExtractAnswer(string File, string Output, long Bytes, ElsaLevel Level) : CliAnswer
{
    public override void Print(IAnsiConsole console) => console.WriteLine($"Wrote level '{Level.Name}' to '{Output}': " +
        $"{CliTable.Count(Bytes)} bytes, {CliTable.Percent(Level.Sparsity)} of the maskable weights are zero, verified.");
}
