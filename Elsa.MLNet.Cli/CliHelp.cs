using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Elsa.MLNet.Cli;

/// <summary>The option <c>--help</c>: the usual help of a command, then its explanation.</summary>
internal static class CliHelp
{
    public static Option Option()
    {
        var option = new HelpOption { Description = "Show what a command does and which options it has." };
        option.Action = new Show((HelpAction)option.Action!);
        return option;
    }

    sealed class Show(HelpAction usual) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            usual.Invoke(parseResult);
            if (parseResult.CommandResult.Command is ExplainedCommand command)
                parseResult.InvocationConfiguration.Output.WriteLine(command.Explanation);
            return (int)CliOutcome.Success;
        }
    }
}
