using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;
using Elsa.MLNet.Tests.Scoring;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Cli;

/// <summary>A parent with the levels dense, s50 and s90 in a folder of its own: a convolution and a Gemm.</summary>
sealed class SmallParent : IDisposable
{
    static readonly float[] Thresholds = [0.5f, 0.9f];

    readonly TemporaryFolder _folder = new();

    public SmallParent(ElsaFit? fit = null)
    {
        Dense = Network();
        Model = Make(MaskableModel.From(Dense), fit);
        Model.Write(File);
    }

    public ModelProto Dense { get; }

    public ParentModel Model { get; }

    public string Folder => _folder.Root;

    public string File => In("small.elsa.onnx");

    public string In(string name) => Path.Combine(_folder.Root, name);

    /// <summary>Names of all files and folders beside the parent, hidden ones too.</summary>
    public string[] Others() => [.. Directory.GetFileSystemEntries(Folder).Select(path => Path.GetFileName(path)!)
        .Where(name => name != "small.elsa.onnx").Order(StringComparer.Ordinal)];

    /// <summary>Extracts a level and answers the file's path.</summary>
    public string Extract(string level)
    {
        var path = In($"{level}.onnx");
        CliRun.Of("extract", File, "--level", level, "-o", path).Expect(0);
        return path;
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A parent whose levels keep the weights of a magnitude of at least 0.5 and 0.9, with the bias as a side
    /// parameter.</summary>
    public static ParentModel Make(MaskableModel model, ElsaFit? fit = null)
    {
        var maps = model.Report.Maskable.Select(tensor => KeyValuePair.Create(tensor.Name, MapOf(tensor, model)));
        var sides = new SideParameters();
        for (var level = 1; level <= Thresholds.Length; level++)
            sides.Set(level, "fc.bias", MemoryMarshal.AsBytes<float>([level, 2, 3]).ToArray());
        var parent = ParentModel.Create(model, new ParentContent
        {
            Masks = new NestedMasks(maps),
            LevelNames = ["s50", "s90"],
            SideParameters = sides,
            Fit = fit ?? new ElsaFit { Method = "post-training", Importance = "magnitude", Allocation = "global", Seed = 7 },
        });
        return parent.WithMetrics([Accuracy(0.99), Accuracy(0.985), Accuracy(0.97)]);
    }

    public static ModelProto Network(int hidden = 16) => TestModels.Model([("x", ["N", 1, 6, 6])], [("y", ["N", 3])], DataType.Float,
        [
            TestModels.Node("Conv", ["x", "a rather long name of a convolution's weight tensor/which no table may cut"], "c"),
            TestModels.Node("Flatten", ["c"], "f"),
            TestModels.Node("Gemm", ["f", "fc.weight", "fc.bias"], "y"),
        ],
        [
            TestModels.Random("a rather long name of a convolution's weight tensor/which no table may cut", DataType.Float, 1, hidden, 1, 3, 3),
            TestModels.Random("fc.weight", DataType.Float, 2, hidden * 16, 3),
            TestModels.Random("fc.bias", DataType.Float, 3, 3),
        ]);

    static LevelMap MapOf(MaskableTensor tensor, MaskableModel model)
    {
        var weights = MemoryMarshal.Cast<byte, float>(model.Weights(tensor.Name).Span);
        var levels = new byte[weights.Length];
        for (var position = 0; position < levels.Length; position++)
            foreach (var threshold in Thresholds)
                if (MathF.Abs(weights[position]) >= threshold) levels[position]++;
        return new LevelMap([.. tensor.Shape], levels, Thresholds.Length + 1);
    }

    static SortedDictionary<string, double> Accuracy(double value) => new() { ["accuracy"] = value };
}
