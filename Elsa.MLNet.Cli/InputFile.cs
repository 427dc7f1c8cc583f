using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Cli;

/// <summary>The files that a command is given to read.</summary>
internal static class InputFile
{
    /// <exception cref="WrongUseException">There is no such file.</exception>
    public static void Require(string path)
    {
        if (Directory.Exists(path)) throw new WrongUseException("missingFile", $"'{path}' is a folder; give an .onnx file.");
        if (!File.Exists(path)) throw new WrongUseException("missingFile", $"There is no file '{path}'; give the path of an .onnx file.");
    }

    /// <exception cref="WrongUseException">There is no such file.</exception>
    /// <exception cref="DamagedFileException">It is not a parent, is damaged or was changed.</exception>
    public static ParentModel ReadParent(string path)
    {
        Require(path);
        try
        {
            return ParentModel.Read(path);
        }
        catch (ParentFormatException damaged)
        {
            throw new DamagedFileException($"'{path}' is not an intact parent. {damaged.Message}", [damaged.Finding]);
        }
    }

    /// <exception cref="WrongUseException">The parent has no such level.</exception>
    public static ElsaLevel Level(ParentModel parent, string path, string name) =>
        parent.Levels.FirstOrDefault(level => level.Name == name) ?? throw new WrongUseException("unknownLevel",
            $"'{path}' has no level '{name}'; it has: {string.Join(", ", parent.Levels.Select(level => level.Name))}. Give one of these with --level.");
}
