#:project Network/Network.csproj
#:package Microsoft.ML.OnnxRuntime
#:property PublishAot=false

using Elsa.MLNet;
using Elsa.MLNet.Datasets;
using Google.Protobuf;
using Microsoft.ML;
using Quickstart.Network;

static void Show(object value) => Console.WriteLine(value);

// ## Data and a dense network
// Digits that the project draws itself, and the quickstart's small network, trained here from random weights. With no
// sparsities the dense network alone is trained.
const int trainRows = 6000, testRows = 2000, epochs = 3;
var context = new MLContext(seed: 1);
var digits = DrawnDigits.Test(testRows);
var (train, test) = (DrawnDigits.Train(trainRows).ToDataView(), digits.ToDataView());
var options = new ElsaSparsifyOptions
{
    OutputColumnName = "Score",
    InputColumnName = "Features",
    LabelColumnName = "Label",
    ModelBytes = RandomNetwork.Create(channels: 1, height: 28, width: 28, classes: 10, seed: 1).ToByteArray(),
    Sparsities = [],
    Training = new ElsaTraining { Loss = ElsaLoss.CrossEntropy, LearningRate = ElsaLearningRate.Cosine(0.025), Epochs = epochs, BatchSize = 32 },
};
var trained = context.Transforms.ElsaSparsify(options).Fit(train);
var dense = trained.Parent.Extract(0).ToByteArray();
trained.Dispose();
Show($"A dense network of {dense.Length:N0} bytes.");

// ## Levels
// Four sparse levels are trained into it, the sparsest first. What they keep is nested: one file holds them all.
var elsa = context.Transforms.ElsaSparsify(options with
{
    ModelBytes = dense,
    Sparsities = [0.5, 0.8, 0.95, 0.98],
    Training = options.Training with { LearningRate = ElsaLearningRate.Cosine(0.02) },
}).Fit(train);
foreach (var level in elsa.Levels)
    Show($"{level.Name,-5} keeps {level.KeptWeights,7:N0} weights, {level.Metrics["accuracy"]:P2} right on rows held out while fitting");

// ## What the levels cost and save
// Accuracy with its 95 % interval on test digits, speed on this machine, size, and the rows that change class. A layer
// runs by a sparse kernel where that was clearly faster when timed; in a network as small as this one few are.
var report = ElsaReport.Of(elsa, test, new ElsaReportOptions { LabelColumnName = "Label" });
Show(report);

// ## Choose a level for this machine
// The fastest level here that loses no more than one point of accuracy against the dense one, by what the parent says of
// its levels. Other rules are as short: a latency, a throughput, a size in memory, a minimum of accuracy.
var chosen = elsa.WithLevel(ElsaLevelPolicy.FastestWithin(0.01));
Show(chosen.Choice!.ToString());

// ## The rows that flip
// Digits of which the sparsest level thinks otherwise than the dense one. Most are hard for both.
var sparsest = report.Levels[^1];
Show($"{sparsest.Flips.Count} of {report.Rows} digits flip at {sparsest.Level.Name}; "
    + $"{sparsest.Flips.Count(flip => flip.Label == flip.DenseClass)} were right before, {sparsest.Flips.Count(flip => flip.Label == flip.LevelClass)} are now.");
foreach (var flip in sparsest.Flips.Take(3))
{
    var lines = digits.Image(flip.Row).ToArray().Chunk(DrawnDigits.Side).Where((_, row) => row % 2 == 0)
        .Select(line => string.Concat(line.Select(pixel => " .:-=+*#%@"[pixel * 10 / 256])));
    Show($"Row {flip.Row}, a {flip.Label}: dense says {flip.DenseClass}, {sparsest.Level.Name} says {flip.LevelClass}.\n{string.Join('\n', lines)}");
}
chosen.Dispose();
elsa.Dispose();
