using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>What the figures were measured on.</summary>
sealed record Machine(string Processor, int Cores, string System, string Framework, string OnnxRuntime)
{
    public static Machine Current { get; } = new(
        ProcessorName(), Environment.ProcessorCount,
        $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}",
        RuntimeInformation.FrameworkDescription, OrtEnv.Instance().GetVersionString());

    /// <summary>
    /// Programs that wanted a core in the last minute, on average, where the system tells. Asked before anything is
    /// measured it is what others do.
    /// </summary>
    public static string Load
    {
        get
        {
            const string Averages = "/proc/loadavg";
            return File.Exists(Averages) ? File.ReadAllText(Averages).Split(' ')[0] : "not known";
        }
    }

    /// <summary>The processor's name as a folder name.</summary>
    public string Slug
    {
        get
        {
            var slug = new StringBuilder();
            foreach (var letter in Processor.ToLowerInvariant())
                if (char.IsAsciiLetterOrDigit(letter)) slug.Append(letter);
                else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
            return slug.ToString().Trim('-');
        }
    }

    public override string ToString() => $"{Processor}, {Cores} logical cores, {System}";

    static string ProcessorName()
    {
        const string Information = "/proc/cpuinfo";
        var lines = File.Exists(Information) ? File.ReadLines(Information) : [];
        return lines.FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } name
            ? name[(name.IndexOf(':') + 1)..].Trim()
            : $"{RuntimeInformation.ProcessArchitecture} processor";
    }
}
