namespace Elsa.MLNet.Tests;

/// <summary>Public sets and networks that lie beside the repository, in <c>../shared</c>, and are not part of
/// it.</summary>
static class Shared
{
    /// <summary>The full path of a file or directory in <c>../shared</c>; the test is inconclusive without
    /// it.</summary>
    public static string Require(string relativePath)
    {
        var path = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", relativePath));
        if (!Path.Exists(path))
            Assert.Inconclusive(
                $"'{path}' is not here. This test reads a public file that is not part of the repository.");
        return path;
    }
}
