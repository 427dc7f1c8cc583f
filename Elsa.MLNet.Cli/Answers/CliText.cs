namespace Elsa.MLNet.Cli.Answers;

/// <summary>Text that may come from a file, for a terminal.</summary>
internal static class CliText
{
    /// <summary>The text without control characters, which would break rows, move the cursor or do more.</summary>
    public static string Visible(string text) =>
        string.Create(text.Length, text, (visible, from) =>
        {
            for (var index = 0; index < from.Length; index++)
                visible[index] = char.IsControl(from[index]) ? '\uFFFD' : from[index];
        });
}
