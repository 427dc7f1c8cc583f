namespace Elsa.MLNet.Scoring;

/// <summary>The processor of this machine.</summary>
internal static class Processor
{
    /// <summary>Its name, where the system tells it.</summary>
    public static string Name { get; } = Find();

    private static string Find()
    {
        const string Information = "/proc/cpuinfo", Label = "model name";
        string? line = OperatingSystem.IsLinux() && File.Exists(Information)
            ? File.ReadLines(Information).FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal))
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return line is null ? "unnamed processor" : line[(line.IndexOf(':') + 1)..].Trim();
    }
}
