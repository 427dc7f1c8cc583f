namespace Elsa.MLNet.Cli.Extraction;

/// <summary>A file that may be written: checked before the work begins, and again when it ends.</summary>
internal sealed class OutputFile
{
    static readonly StringComparison SameName =
        OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    readonly bool _force;

    OutputFile(string path, bool force) => (FullPath, _force) = (path, force);

    public string FullPath { get; }

    public string Folder => Path.GetDirectoryName(FullPath)!;

    public string Name => Path.GetFileName(FullPath);

    /// <exception cref="WrongUseException">The output is the input, a folder, without a folder, or in the way.</exception>
    public static OutputFile For(string path, string input, bool force)
    {
        if (path.Length == 0 || Path.EndsInDirectorySeparator(path) || Directory.Exists(path))
            throw new WrongUseException("badOutput", $"'{path}' names a folder; give the path of a file with -o.");
        var output = new OutputFile(Path.GetFullPath(path), force);
        if (!Directory.Exists(output.Folder))
            throw new WrongUseException("badOutput", $"The folder '{output.Folder}' does not exist; create it, or give another path with -o.");
        output.RefuseIfAmong([input]);
        output.RefuseIfInTheWay(output.FullPath);
        return output;
    }

    /// <summary>Refuses to write over a file that is being read.</summary>
    public void RefuseIfAmong(IEnumerable<string> inputs) => RefuseIfAmong(FullPath, inputs);

    /// <summary>As <see cref="RefuseIfAmong(IEnumerable{string})"/>, for a file beside the output.</summary>
    public static void RefuseIfAmong(string path, IEnumerable<string> inputs)
    {
        if (inputs.FirstOrDefault(input => string.Equals(Real(input), Real(path), SameName)) is { } same)
            throw new WrongUseException("outputIsInput", $"The output would replace the input '{same}'; give another path with -o.");
    }

    /// <summary>Refuses to replace a file that the user has not given up.</summary>
    public void RefuseIfInTheWay(string path)
    {
        if (!_force && (File.Exists(path) || new FileInfo(path).LinkTarget is not null))
            throw new WrongUseException("outputExists", $"'{path}' exists; replace it with --force, or give another path with -o.");
    }

    /// <summary>Gives a finished file its name.</summary>
    public void Receive(string finished, string path) => File.Move(finished, path, _force);

    /// <summary>Gives a finished file of data its name: beside a model that is replaced only a free one, which another run
    /// may have taken meanwhile.</summary>
    public void ReceiveData(string finished, string path) => File.Move(finished, path, _force && !File.Exists(FullPath));

    /// <summary>The path with every link on the way followed.</summary>
    static string Real(string path)
    {
        var full = Path.GetFullPath(path);
        if (Path.GetDirectoryName(full) is not { } folder) return full;
        var here = Path.Combine(Real(folder), Path.GetFileName(full));
        FileSystemInfo entry = Directory.Exists(here) ? new DirectoryInfo(here) : new FileInfo(here);
        return entry.LinkTarget is null ? here : Real(entry.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
    }
}
