using Elsa.MLNet.Scoring;

namespace Elsa.MLNet.Tests;

/// <summary>What the library keeps per machine goes to a folder of this run, so that tests neither see nor leave any.</summary>
[TestClass]
public sealed class KeptFiles
{
    static string? _folder;

    [AssemblyInitialize]
    public static void Begin(TestContext context)
    {
        _folder = Directory.CreateTempSubdirectory("elsa-kept-").FullName;
        Environment.SetEnvironmentVariable(MachineFolder.Variable, _folder);
    }

    [AssemblyCleanup]
    public static void End() => Directory.Delete(_folder!, recursive: true);
}
