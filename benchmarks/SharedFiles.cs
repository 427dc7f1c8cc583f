using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks;

/// <summary>
/// Public sets and networks that may lie beside the repository, in <c>../shared</c>, and are not part of it.
/// </summary>
static class SharedFiles
{
    /// <summary>The full path of a file or directory in <c>../shared</c>.</summary>
    /// <exception cref="SharedFileMissingException">It is not there.</exception>
    public static string Require(string relativePath)
    {
        var path = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", relativePath));
        return Path.Exists(path) ? path : throw new SharedFileMissingException(relativePath);
    }

    /// <summary>All networks of <c>../shared/models</c>, by name.</summary>
    /// <exception cref="SharedFileMissingException">There is none.</exception>
    public static IReadOnlyList<string> Models()
    {
        string[] models = [.. Directory.EnumerateFiles(Require("models"), "*.onnx").Order(StringComparer.Ordinal)];
        return models.Length > 0 ? models : throw new SharedFileMissingException("models/*.onnx");
    }
}
