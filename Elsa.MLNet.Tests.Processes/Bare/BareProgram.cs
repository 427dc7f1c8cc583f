using Elsa.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

// BARE DENSE PARENT SAVED
// Goes through every door of Elsa.MLNet behind which ONNX Runtime runs, with a dense model, a parent of it and a chain
// that ML.NET saved: all of 12 float values a row. Writes a line for each door: its name, the types of the error from
// the outermost to the innermost, each once, and the innermost error's text.
var mlContext = new MLContext(seed: 1);
var rows = mlContext.Data.LoadFromEnumerable(Enumerable.Range(0, 50).Select(_ => new Row()).ToList());
var plain = new ElsaSparsifyOptions
{
    OutputColumnName = "Score",
    InputColumnName = "Features",
    ModelFile = args[0],
    Sparsities = [0.5],
};
var onDevice = new ElsaExecutionOptions { Provider = "CUDA", FallbackToCpu = true };
Try("fit", () => mlContext.Transforms.ElsaSparsify(plain).Fit(rows));
Try("train", () => mlContext.Transforms.ElsaSparsify(plain with { Training = new ElsaTraining() }).Fit(rows));
Try("apply", () => mlContext.Transforms.ApplyElsaModel("Score", "Features", args[1], "s50").Fit(rows));
Try("apply on a device", () =>
    mlContext.Transforms.ApplyElsaModel("Score", "Features", args[1], "s50", onDevice).Fit(rows));
Try("choose", () =>
    mlContext.Transforms.ApplyElsaModel("Score", "Features", args[1], ElsaLevelPolicy.WithinLatency(5)).Fit(rows));
Try("load", () => mlContext.Model.Load(args[2], out _));
Try("predict speed", () => ElsaSpeedModel.Predict(args[0], [0.5]));

static void Try(string door, Func<object> action)
{
    try
    {
        Console.WriteLine($"{door}|no error|{action()}");
    }
    catch (Exception failure)
    {
        List<string> types = [];
        for (Exception? error = failure; error is not null; error = error.InnerException)
            types.Add(error.GetType().Name);
        string text = failure.GetBaseException().Message.ReplaceLineEndings(" ");
        Console.WriteLine($"{door}|{string.Join(' ', types.Distinct())}|{text}");
    }
}

internal sealed class Row
{
    [VectorType(12)]
    public float[] Features { get; set; } = new float[12];
}
