using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>A task that small networks can learn: three classes of points, told apart by a linear rule.</summary>
static class TrainingTask
{
    /// <summary>Rows whose largest of three seeded projections is the class, by a margin.</summary>
    public static List<Row> Points(int count = 512, int seed = 11)
    {
        var rule = new Random(5);
        var projections = Enumerable.Range(0, SmallNetwork.Classes).Select(_ => Vector(rule)).ToArray();
        var random = new Random(seed);
        var rows = new List<Row>();
        while (rows.Count < count)
        {
            var features = Vector(random);
            var scores = projections.Select(projection => projection.Zip(features, (a, b) => a * b).Sum()).ToArray();
            var sorted = scores.Order().ToArray();
            if (sorted[2] - sorted[1] < 0.4f) continue;
            var label = (uint)Array.IndexOf(scores, sorted[2]);
            rows.Add(new Row { Features = features, Label = label, Key = label, Target = scores, Value = scores[0] - scores[1] });
        }
        return rows;

        static float[] Vector(Random random) => [.. Enumerable.Range(0, SmallNetwork.Inputs).Select(_ => 2 * random.NextSingle() - 1)];
    }

    public static IDataView Rows(MLContext context, int count = 512) => context.Data.LoadFromEnumerable(Points(count));

    /// <summary>One thread, a sparse level and the dense one, cross-entropy.</summary>
    public static ElsaSparsifyOptions Options(ModelProto? model = null) => new()
    {
        OutputColumnName = "Score",
        InputColumnName = "Features",
        LabelColumnName = "Label",
        ModelBytes = (model ?? SmallNetwork.Make(normalized: true)).ToByteArray(),
        Sparsities = [0.5, 0.9],
        HoldOutFraction = 0.1,
        Execution = new ElsaExecutionOptions { IntraOpNumThreads = 1 },
        Training = new ElsaTraining
        {
            Loss = ElsaLoss.CrossEntropy,
            LearningRate = ElsaLearningRate.Cosine(0.05),
            BatchSize = 32,
        },
    };

    public static ElsaTransformer Fit(MLContext context, ElsaSparsifyOptions options, int rows = 512) =>
        context.Transforms.ElsaSparsify(options).Fit(Rows(context, rows));

    /// <summary>The parent's bytes after a fit of its own.</summary>
    public static byte[] Bytes(ElsaSparsifyOptions options, int rows = 512)
    {
        using var elsa = Fit(new MLContext(1), options, rows);
        return elsa.Parent.ToBytes();
    }

    /// <summary>An initializer's numbers.</summary>
    public static float[] Numbers(ModelProto model, string name) => MemoryMarshal.Cast<byte, float>(
        model.Graph.Initializer.Single(tensor => tensor.Name == name).RawData.Span).ToArray();

    public static byte[] Raw(ModelProto model, string name) =>
        model.Graph.Initializer.Single(tensor => tensor.Name == name).RawData.ToByteArray();

    /// <summary>One output of a model on rows, as plain ONNX Runtime gives it.</summary>
    public static float[] Plain(ModelProto model, IReadOnlyList<float[]> rows, string output = "y")
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(model.ToByteArray(), options);
        long[] shape = [rows.Count, .. model.Graph.Input[0].Type.TensorType.Shape.Dim.Skip(1).Select(dimension => dimension.DimValue)];
        using var input = OrtValue.CreateTensorValueFromMemory(rows.SelectMany(row => row).ToArray(), shape);
        using var run = new RunOptions();
        using var result = session.Run(run, ["x"], [input], [output]);
        return result[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Share of points that a model puts into their class.</summary>
    public static double Accuracy(ModelProto model, IReadOnlyList<Row> points) =>
        Classes(model, points).Zip(points, (found, point) => found == point.Label ? 1.0 : 0).Average();

    public static int[] Classes(ModelProto model, IReadOnlyList<Row> points) =>
        [.. Plain(model, [.. points.Select(point => point.Features)]).Chunk(SmallNetwork.Classes).Select(scores => Array.IndexOf(scores, scores.Max()))];

    /// <summary>Reports at once, on the thread that fits.</summary>
    public sealed class Immediate(Action<ElsaProgress> report) : IProgress<ElsaProgress>
    {
        public void Report(ElsaProgress value) => report(value);
    }

    public sealed class Row
    {
        [VectorType(SmallNetwork.Inputs)] public float[] Features { get; set; } = [];
        public uint Label { get; set; }
        /// <summary>0-based in a class of one's own; ML.NET takes a larger number for a missing key.</summary>
        [KeyType(SmallNetwork.Classes)] public uint Key { get; set; }
        [VectorType(SmallNetwork.Classes)] public float[] Target { get; set; } = [];
        public float Value { get; set; }
    }
}
