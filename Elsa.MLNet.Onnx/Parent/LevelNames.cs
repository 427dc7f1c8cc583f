namespace Elsa.MLNet.Onnx;

/// <summary>Which names a level may have: they are part of metadata keys and of file names.</summary>
internal static class LevelNames
{
    public const string Rule = "a name has 1 to 32 letters a-z, A-Z, digits, '.', '_' and '-'";

    public static bool IsAllowed(string name) =>
        name.Length is >= 1 and <= 32 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
}
