using System.Text.Json;
using Elsa.MLNet.Cli;

namespace Elsa.MLNet.Tests.Cli;

/// <summary>One run of the command line inside the test, and what it said.</summary>
sealed record CliRun(int ExitCode, string Output, string Error)
{
    public static CliRun Of(params string[] args) => Of(CancellationToken.None, args);

    public static CliRun Of(CancellationToken cancellation, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = ElsaCli.Run(args, output, error, cancellation);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Standard output as the one JSON document that it must be.</summary>
    public JsonElement Json()
    {
        using var document = JsonDocument.Parse(Output);
        return document.RootElement.Clone();
    }

    /// <summary>Names of a JSON object's fields, in order.</summary>
    public static string Fields(JsonElement json) => string.Join(' ', json.EnumerateObject().Select(field => field.Name));

    public CliRun Expect(int exitCode)
    {
        Assert.AreEqual(exitCode, ExitCode, $"output: {Output}\nerror: {Error}");
        return this;
    }
}
