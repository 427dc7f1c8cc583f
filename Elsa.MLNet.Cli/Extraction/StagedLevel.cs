using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Cli.Extraction;

/// <summary>
/// A folder beside the output in which a level is written and verified before it gets its name. It goes when the work
/// ends, however it ends; only a process that is killed leaves it behind, under a name that ends in <c>.part</c>.
/// </summary>
internal sealed class StagedLevel : IDisposable
{
    readonly OutputFile _target;
    readonly string _folder;
    readonly string _data;

    public StagedLevel(OutputFile target)
    {
        _target = target;
        _data = DataFiles.For(target.FullPath);
        _folder = Path.Combine(target.Folder, $".elsa-{Guid.NewGuid():N}.part");
        Directory.CreateDirectory(_folder);
    }

    /// <summary>Writes the level.</summary>
    public void Write(ParentModel parent, int level) => parent.StageLevel(level, ModelPath, Path.GetFileName(_data));

    /// <summary>The model before it has its name. External data lies beside it.</summary>
    public string ModelPath => Path.Combine(_folder, _target.Name);

    /// <summary>Bytes of the model, external data included.</summary>
    public long Bytes => Directory.GetFiles(_folder).Sum(file => new FileInfo(file).Length);

    /// <summary>Gives the files their names, the model last: until then a model that it replaces is whole.</summary>
    /// <param name="inputs">Files that are being read and must stay.</param>
    /// <exception cref="WrongUseException">A file is in the way.</exception>
    public void PutInPlace(IReadOnlyList<string> inputs)
    {
        var replaced = DataFiles.Of(_target.FullPath);
        _target.RefuseIfAmong(inputs);
        foreach (var path in replaced) OutputFile.RefuseIfAmong(path, inputs);
        _target.RefuseIfInTheWay(_target.FullPath);
        var data = Path.Combine(_folder, Path.GetFileName(_data));
        if (File.Exists(data)) PutInPlace(data, inputs);
        else _target.Receive(ModelPath, _target.FullPath);
        DataFiles.Delete(replaced.Except([_data]));
    }

    void PutInPlace(string data, IReadOnlyList<string> inputs)
    {
        OutputFile.RefuseIfAmong(_data, inputs);
        _target.RefuseIfInTheWay(_data);
        _target.ReceiveData(data, _data);
        try
        {
            _target.Receive(ModelPath, _target.FullPath);
        }
        catch
        {
            File.Delete(_data);
            throw;
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }
}
