namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>A public file beside the repository is not here.</summary>
sealed class SharedFileMissingException(string relativePath) : Exception($"../shared/{relativePath} is missing");
