using System.Diagnostics;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>The README's two commands on what is committed, in an empty folder, with an empty package cache.</summary>
sealed class FreshClone : ICheck
{
    public string Name => "fresh clone, cold package cache: the README's two commands";

    public string Required => "both succeed";

    public Reading Measure(bool full)
    {
        if (!full) return new Reading("only with --full", Verdict.Skipped);
        var folder = Directory.CreateTempSubdirectory("elsa-clone-");
        try
        {
            var clone = Path.Combine(folder.FullName, "clone");
            Run("git", Repository.Root, folder, "clone", "--quiet", Repository.Root, clone);
            // Commands stand at the start of a line; the first of each kind is the one that sets up.
            var readme = File.ReadAllLines(Path.Combine(clone, "README.md"));
            string[] commands = [readme.First(line => line.StartsWith("dotnet run ", StringComparison.Ordinal)), readme.First(line => line.StartsWith("dotnet test ", StringComparison.Ordinal))];
            var codes = commands.Select(command => Run("bash", clone, folder, "-c", command)).ToList();
            return Reading.Of(string.Join(", ", commands.Zip(codes, (command, code) => $"{string.Join(' ', command.Split(' ').Take(2))}: exit code {code}")),
                codes.All(code => code == 0));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static int Run(string program, string folder, DirectoryInfo caches, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        start.Environment["NUGET_PACKAGES"] = Path.Combine(caches.FullName, "packages");
        start.Environment["NUGET_HTTP_CACHE_PATH"] = Path.Combine(caches.FullName, "http");
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
