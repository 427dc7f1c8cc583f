namespace Elsa.MLNet.Benchmarks;

/// <summary>Where the source of this program lies.</summary>
static class Repository
{
    /// <summary>The folder of Elsa.MLNet.sln.</summary>
    public static string Root { get; } = Find();

    static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Elsa.MLNet.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException(
            $"There is no Elsa.MLNet.sln above '{AppContext.BaseDirectory}'. Start this program with dotnet run from " +
            "a checkout of the repository.");
    }
}
