using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;

// SCORE MODEL ROWS SCORES COLUMN
// Loads a model file and scores rows with it, through ML.NET's public face alone: no name of Elsa.MLNet stands here.
// ROWS is float32 values of the column Features; the values of COLUMN go to SCORES. First each row is scored in a data
// view, then each by a prediction engine, so that SCORES has every row twice.
var mlContext = new MLContext();
ITransformer model = mlContext.Model.Load(args[0], out var inputSchema);
var size = ((VectorDataViewType)inputSchema["Features"].Type).Size;
Row[] rows =
[
    .. MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(args[1])).ToArray().Chunk(size)
        .Select(values => new Row { Features = values }),
];
var definition = SchemaDefinition.Create(typeof(Row));
definition["Features"].ColumnType = inputSchema["Features"].Type;
using (var scores = new BinaryWriter(File.Create(args[2])))
{
    var scored = model.Transform(mlContext.Data.LoadFromEnumerable(rows, definition));
    foreach (var row in scored.GetColumn<float[]>(args[3])) scores.Write(MemoryMarshal.AsBytes<float>(row));
    var outputs = SchemaDefinition.Create(typeof(Result));
    outputs["Values"].ColumnName = args[3];
    var engine = mlContext.Model.CreatePredictionEngine<Row, Result>(
        model, ignoreMissingColumns: false, definition, outputs);
    foreach (var row in rows) scores.Write(MemoryMarshal.AsBytes<float>(engine.Predict(row).Values));
}
var loaded = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name);
Console.WriteLine(string.Join(' ', loaded.Order(StringComparer.Ordinal)));

internal sealed class Row
{
    public float[] Features { get; set; } = [];
}

internal sealed class Result
{
    public float[] Values { get; set; } = [];
}
