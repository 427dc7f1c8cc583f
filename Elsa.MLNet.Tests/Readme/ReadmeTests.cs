using Elsa.MLNet.Tests.Fitting;
using Google.Protobuf;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Readme;

/// <summary>What the README shows compiles, runs and is the same text.</summary>
[TestClass]
[DoNotParallelize]
public sealed class ReadmeTests
{
    [TestMethod]
    public void The_example_runs()
    {
        var (before, folder) = (Environment.CurrentDirectory, Directory.CreateTempSubdirectory());
        try
        {
            Environment.CurrentDirectory = folder.FullName;
            File.WriteAllBytes("dense.onnx", SmallNetwork.Make().ToByteArray());
            var train = SmallNetwork.Rows(new MLContext(1));
            var features = train;

            // README, begin
            var mlContext = new MLContext(seed: 1);
            var pipeline = mlContext.Transforms.NormalizeMinMax("Features")
                .AppendElsaSparsify(mlContext, new ElsaSparsifyOptions
                {
                    OutputColumnName = "Score",
                    InputColumnName = "Features",
                    LabelColumnName = "Label",
                    ModelFile = "dense.onnx",
                    Sparsities = [0.5, 0.8, 0.9, 0.95],
                    Training = new ElsaTraining { Epochs = 4 },            // leave it out to choose masks only
                });
            var model = pipeline.Fit(train);
            var elsa = model.LastTransformer;
            elsa.SaveParent("digits.elsa.onnx", overwrite: true);      // one file, every level
            var scored = elsa.WithLevel("s90").Transform(features);    // 90 % of the weights are zero
            var again = mlContext.Transforms.ApplyElsaModel("Score", "Features", "digits.elsa.onnx", level: "s90");
            // README, end

            Assert.IsNotNull(scored.Schema.GetColumnOrNull("Score"));
            using var applied = again.Fit(features);
            Assert.AreEqual(3, applied.Level);
            elsa.Dispose();
        }
        finally
        {
            Environment.CurrentDirectory = before;
            folder.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void The_example_is_the_text_that_runs()
    {
        var example = MarkedText.BlocksOf("Elsa.MLNet.Tests/Readme/ReadmeTests.cs", "README").Single();
        var readme = MarkedText.Lines("README.md");
        var start = readme.IndexOf(example[0]);
        Assert.AreSequenceEqual(example, readme[start..(start + example.Length)]);
    }
}
