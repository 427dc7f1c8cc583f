namespace Elsa.MLNet.Cli.Extraction;

/// <summary>
/// A folder beside the output in which a level is written and verified before it gets its name. It goes when the work
/// ends, however it ends; only a process that is killed leaves it behind, under a name that ends in <c>.part</c>.
/// </summary>
internal sealed class StagedLevel : IDisposable
{
    readonly OutputFile _target;
    readonly string _folder;

    public StagedLevel(OutputFile target)
    {
        _target = target;
        _folder = Path.Combine(target.Folder, $".elsa-{Guid.NewGuid():N}.part");
        Directory.CreateDirectory(_folder);
    }

    /// <summary>Where to write the model. External data lies beside it and moves with it.</summary>
    public string ModelPath => Path.Combine(_folder, _target.Name);

    /// <summary>Bytes of the model, external data included.</summary>
    public long Bytes => Files.Sum(file => new FileInfo(file).Length);

    /// <summary>Gives the model its name, as the last step; if external data is replaced, the old model goes first.</summary>
    /// <param name="inputs">Files that are being read and must stay.</param>
    /// <exception cref="WrongUseException">A file is in the way.</exception>
    public void PutInPlace(IReadOnlyList<string> inputs)
    {
        var moves = Files.Where(file => file != ModelPath).Select(file => (From: file, To: Path.Combine(_target.Folder, Path.GetFileName(file)))).ToList();
        _target.RefuseIfAmong(inputs);
        foreach (var (_, to) in moves) OutputFile.RefuseIfAmong(to, inputs);
        _target.RefuseIfInTheWay([.. moves.Select(move => move.To), _target.FullPath]);
        if (moves.Count > 0) File.Delete(_target.FullPath);
        foreach (var (from, to) in moves) _target.Receive(from, to);
        _target.Receive(ModelPath, _target.FullPath);
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    string[] Files => Directory.GetFiles(_folder);
}
