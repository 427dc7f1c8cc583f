namespace Elsa.MLNet.Cli;

/// <summary>How a command ended; the value is the exit code of the process.</summary>
internal enum CliOutcome
{
    /// <summary>It did what it was asked to do, or found everything in order.</summary>
    Success = 0,

    /// <summary>A file is damaged, was changed, or is not what it should be.</summary>
    Negative = 1,

    /// <summary>It could not begin or end: wrong options, or a file that is missing, in the way or out of reach.</summary>
    WrongUse = 2,

    /// <summary>It was stopped by Ctrl+C or a request to terminate.</summary>
    Interrupted = 130,
}
