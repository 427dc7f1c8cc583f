using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Elsa.MLNet.Cli;

/// <summary>The option <c>--version</c>: the version of this assembly, whichever process it runs in.</summary>
internal static class CliVersion
{
    public static string Text { get; } = typeof(CliVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static Option Option() => new VersionOption { Description = "Show the version of elsa.", Action = new Show() };

    sealed class Show : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(Text);
            return (int)CliOutcome.Success;
        }
    }
}
