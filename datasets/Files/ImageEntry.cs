namespace Elsa.MLNet.Datasets;

/// <summary>One picture file in a folder or archive.</summary>
/// <param name="Name">Its path within, with <c>/</c> between the parts.</param>
/// <param name="Bytes">The file, still encoded.</param>
readonly record struct ImageEntry(string Name, byte[] Bytes)
{
    /// <summary>A picture file may have this many bytes: 64 MiB.</summary>
    public const long LargestFile = 1 << 26;

    static readonly string[] Endings = [".jpg", ".jpeg", ".png"];

    /// <summary>Whether a file with this name is a picture; other files are passed over.</summary>
    public static bool IsPicture(string name) =>
        Endings.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase)
        && !Path.GetFileName(name).StartsWith('.');

    /// <summary>The class: the name of the folder that the picture lies in.</summary>
    /// <exception cref="InvalidDataException">It lies in none.</exception>
    public static string ClassOf(string name) => Folder(name, 1) ?? throw new InvalidDataException(
        $"'{name}' lies in no class folder. Pictures are expected as class/picture.jpg or class/picture.png.");

    /// <summary>The part that the name tells: a folder <c>train</c> or <c>test</c> around the class folder.</summary>
    public static DataPart PartOf(string name) => Folder(name, 2) switch
    {
        "train" => DataPart.Train,
        "test" => DataPart.Test,
        _ => DataPart.Only,
    };

    /// <exception cref="InvalidDataException">The file is too large to be one picture of a set.</exception>
    public static void CheckLength(string name, long length)
    {
        if (length > LargestFile)
            throw new InvalidDataException(
                $"'{name}' has {length} bytes. A picture file may have {LargestFile}. Remove it or make it smaller.");
    }

    static string? Folder(string name, int up)
    {
        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > up && parts[^(up + 1)] is not "." and var folder ? folder : null;
    }
}
