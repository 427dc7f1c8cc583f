using Elsa.MLNet.Benchmarks.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Plugin;

/// <summary>A network that a parent's dense level and ML.NET's ApplyOnnxModel score from the same rows in memory.</summary>
sealed class NetworkUnderTest : IDisposable
{
    const float Tolerance = 1e-3f;

    readonly string _file = Path.Combine(Path.GetTempPath(), $"elsa-{Guid.NewGuid():N}.onnx");
    readonly string _input;

    public NetworkUnderTest(ModelProto model, int rows, int batch)
    {
        var initializers = model.Graph.Initializer.Select(tensor => tensor.Name).ToHashSet();
        var input = model.Graph.Input.Single(value => !initializers.Contains(value.Name));
        (_input, Output) = (input.Name, model.Graph.Output[0].Name);
        var size = (int)input.Type.TensorType.Shape.Dim.Skip(1).Aggregate(1L, (product, dimension) => product * dimension.DimValue);
        Context = new MLContext(1);
        var random = new Random(1);
        var schema = SchemaDefinition.Create(typeof(Row));
        var column = schema[nameof(Row.Features)];
        column.ColumnName = _input;
        column.ColumnType = new VectorDataViewType(NumberDataViewType.Single, size);
        Schema = schema;
        Rows = [.. Enumerable.Range(0, rows).Select(_ => new Row { Features = [.. Enumerable.Range(0, size).Select(_ => random.NextSingle())] })];
        View = Context.Data.Cache(Context.Data.LoadFromEnumerable(Rows, schema));
        model.WriteToFile(_file);
        Ours = DenseLevel.Of(Context, model, batch, Output, _input);
        Stock = Context.Transforms.ApplyOnnxModel(new OnnxOptions { ModelFile = _file, InputColumns = [_input], OutputColumns = [Output] }).Fit(View);
        ThrowIfDifferent();
    }

    public MLContext Context { get; }

    public SchemaDefinition Schema { get; }

    public IReadOnlyList<Row> Rows { get; }

    public IDataView View { get; }

    /// <summary>Name of the column of scores.</summary>
    public string Output { get; }

    public ElsaTransformer Ours { get; }

    public OnnxTransformer Stock { get; }

    /// <summary>Reads every score.</summary>
    public void Score(ITransformer transformer)
    {
        var view = transformer.Transform(View);
        var column = view.Schema[Output];
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> score = default;
        var count = 0;
        for (; cursor.MoveNext(); count++) getter(ref score);
        if (count != Rows.Count) throw new InvalidOperationException($"{count} rows were scored, not {Rows.Count}.");
    }

    public void Dispose()
    {
        Ours.Dispose();
        Stock.Dispose();
        File.Delete(_file);
    }

    void ThrowIfDifferent()
    {
        var head = Context.Data.TakeRows(View, 20);
        var pairs = Scores(Ours).Zip(Scores(Stock), (ours, stock) => Math.Abs(ours - stock));
        if (pairs.Max() is var worst && !(worst <= Tolerance))
            throw new InvalidOperationException($"Our scores differ from ApplyOnnxModel's by {worst}.");

        IEnumerable<float> Scores(ITransformer transformer) =>
            transformer.Transform(head).GetColumn<float[]>(Output).SelectMany(score => score).ToList();
    }

    internal sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
