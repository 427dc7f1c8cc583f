namespace Elsa.MLNet.Tests;

/// <summary>Real models and data that lie beside the repository and are not part of it.</summary>
internal static class Shared
{
    /// <summary>
    /// Full path of ../shared/<paramref name="relativePath"/>; where it is missing the test is reported as
    /// inconclusive.
    /// </summary>
    public static string Require(string relativePath)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Elsa.MLNet.sln")))
            directory = directory.Parent;
        if (directory is null)
            Assert.Inconclusive($"Elsa.MLNet.sln is in no folder above {AppContext.BaseDirectory}, so ../shared/{relativePath} cannot be found.");
        string path = Path.GetFullPath(Path.Combine(directory.FullName, "..", "shared", relativePath));
        if (!File.Exists(path) && !Directory.Exists(path))
            Assert.Inconclusive($"{path} is missing; the test needs it.");
        return path;
    }
}
