namespace Elsa.MLNet.Tests;

/// <summary>The checkout that these tests were built in.</summary>
static class Repository
{
    /// <summary>The folder of Elsa.MLNet.sln.</summary>
    public static string Root { get; } = Find();

    static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Elsa.MLNet.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"No Elsa.MLNet.sln above '{AppContext.BaseDirectory}'; run the tests in a checkout.");
    }
}
