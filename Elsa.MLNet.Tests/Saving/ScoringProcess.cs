using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Elsa.MLNet.Tests.Saving;

/// <summary>
/// A program of its own that loads a model file and scores: with Elsa.MLNet referenced, or with ML.NET alone.
/// </summary>
internal static class ScoringProcess
{
    /// <param name="name">Plugin, Stock or Bare: a project in Elsa.MLNet.Tests.Processes.</param>
    /// <param name="modelFile">The model file.</param>
    /// <param name="rows">Rows of the column Features.</param>
    /// <param name="column">The column to return.</param>
    /// <returns>The scores of all rows through a data view, then through a prediction engine, and the assemblies that the
    /// process had loaded at its end.</returns>
    public static (float[] View, float[] Engine, string[] Assemblies) Run(
        string name, string modelFile, IEnumerable<float[]> rows, string column = "Score")
    {
        var (input, output) = (modelFile + ".rows", modelFile + ".scores");
        File.WriteAllBytes(input, MemoryMarshal.AsBytes<float>(rows.SelectMany(row => row).ToArray()).ToArray());
        var (exitCode, text, error) = Start(name, modelFile, input, output, column);
        Assert.AreEqual(0, exitCode, error);
        var scores = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(output)).ToArray();
        return (scores[..(scores.Length / 2)], scores[(scores.Length / 2)..], text.Split(' ', '\n'));
    }

    public static (int ExitCode, string Output, string Error) Start(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Program(name), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    static string Program(string name)
    {
        // Built with the tests, so in the same configuration: .../bin/Release/net10.0.
        var tests = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Repository.Root, "Elsa.MLNet.Tests.Processes", name, "bin", tests.Parent!.Name, tests.Name,
            $"ScoreWith{name}.dll");
    }
}
