namespace Elsa.MLNet;

/// <summary>What a name of a column, an input or an output must be.</summary>
internal static class ColumnNames
{
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static string Checked(string name, string parameter) => !string.IsNullOrWhiteSpace(name)
        ? name
        : throw new ArgumentException($"{parameter} is empty. Give a name.", parameter);
}
