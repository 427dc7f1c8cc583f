using System.IO.Compression;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;

namespace Elsa.MLNet.Tests.Saving;

/// <summary>A small pipeline with a parent of three levels, in a folder for model files.</summary>
internal sealed class SavedModels : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("elsa-saved").FullName;

    public static readonly string[] Levels = ["dense", "s50", "s90"];

    /// <param name="dense">The model; null for a small one.</param>
    /// <param name="inputs">Values of a row.</param>
    public SavedModels(ModelProto? dense = null, int inputs = SmallNetwork.Inputs)
    {
        Rows = [.. Enumerable.Range(0, 20).Select(row =>
            Enumerable.Range(0, inputs).Select(index => MathF.Sin((row + 1) * (index + 2))).ToArray())];
        RowDefinition = SchemaDefinition.Create(typeof(Row));
        RowDefinition["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, inputs);
        var model = MaskableModel.From(dense ?? SmallNetwork.Make(normalized: true));
        Parent = ParentModel.Create(model, new ParentContent
        {
            Masks = ElsaAllocation.Global.Masks(model, ElsaImportance.Magnitude, [0.5, 0.9]),
            LevelNames = Levels[1..],
            Fit = new ElsaFit { Method = "test", Importance = "magnitude", Allocation = "global", Seed = 7 },
        });
    }

    public MLContext Context { get; } = new(seed: 1);

    public ParentModel Parent { get; }

    /// <summary>Rows that are scored, before any transform.</summary>
    public float[][] Rows { get; }

    public SchemaDefinition RowDefinition { get; }

    /// <summary>They are counted, as those of another process are: a batch is divided by their number, and an operator may
    /// round differently for more rows.</summary>
    public IDataView View =>
        Context.Data.LoadFromEnumerable(Rows.Select(values => new Row { Features = values }).ToArray(), RowDefinition);

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>The parent between two transforms of ML.NET.</summary>
    public ITransformer Chain(string level, ElsaExecutionOptions? execution = null) =>
        Context.Transforms.NormalizeMinMax("Scaled", "Features")
            .Append(Context.Transforms.ApplyElsaModel("Score", "Scaled", Parent, level, execution))
            .Append(Context.Transforms.CopyColumns("Copy", "Score"))
            .Fit(View);

    public string Save(ITransformer model, string name = "model.zip")
    {
        Context.Model.Save(model, View.Schema, PathOf(name));
        return PathOf(name);
    }

    /// <summary>Saves the chain and changes the one entry whose name ends so.</summary>
    /// <param name="entry">End of the entry's name.</param>
    /// <param name="change">From its bytes to those that replace them; null leaves the entry out.</param>
    public string SaveChanged(string entry, Func<byte[], byte[]?> change)
    {
        var path = Save(Chain("s50"));
        using var zip = ZipFile.Open(path, ZipArchiveMode.Update);
        var old = zip.Entries.Single(candidate => candidate.FullName.EndsWith(entry, StringComparison.Ordinal));
        var name = old.FullName;
        byte[] bytes;
        using (var stream = old.Open())
        {
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            bytes = copy.ToArray();
        }
        old.Delete();
        if (change(bytes) is { } replacement)
        {
            using var stream = zip.CreateEntry(name).Open();
            stream.Write(replacement);
        }
        return path;
    }

    public sealed class Row
    {
        public float[] Features { get; set; } = [];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
