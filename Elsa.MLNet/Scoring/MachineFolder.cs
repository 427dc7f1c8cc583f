namespace Elsa.MLNet.Scoring;

/// <summary>The folder for what was measured on this machine.</summary>
internal static class MachineFolder
{
    /// <summary>Environment variable that names another folder than Elsa.MLNet in the user's local application data.
    /// </summary>
    public const string Variable = "ELSA_CACHE_DIRECTORY";

    /// <summary>The folder; null if the machine has no place for it.</summary>
    public static string? Path
    {
        get
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
                return System.IO.Path.GetFullPath(named);
            string data = Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return data.Length > 0 ? System.IO.Path.Combine(data, "Elsa.MLNet") : null;
        }
    }
}
