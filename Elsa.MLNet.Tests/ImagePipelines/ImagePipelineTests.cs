using Elsa.MLNet.Tests.Complaints;
using Elsa.MLNet.Tests.Datasets;
using Google.Protobuf;
using Images;
using Microsoft.ML;
using Microsoft.ML.Data;
using Quickstart.Network;

namespace Elsa.MLNet.Tests.ImagePipelines;

/// <summary>From picture files through ML.NET's image transforms to levels.</summary>
[TestClass]
public sealed class ImagePipelineTests
{
    static readonly double[] Mean = [124, 116, 104], Deviation = [58, 57, 57];

    readonly MLContext _context = new(1);

    [TestMethod]
    public void The_example_learns_its_pictures_and_scores_them_from_the_parent()
    {
        using var folder = new TemporaryFolder();
        var pictures = ColourPictures.Write(folder.Root, 90, seed: 1);
        using var elsa = ImagePipeline.Fit(_context, pictures, epochs: 3).LastTransformer;
        var parent = Path.Combine(folder.Root, "shapes.elsa.onnx");
        elsa.SaveParent(parent);
        var classes = ImagePipeline.Classify(_context, pictures, parent, "dense");
        // A guess is right for a third of them.
        Assert.IsGreaterThan(60, classes.Zip(pictures).Count(pair => pair.First == pair.Second.Label));
        Assert.HasCount(90, ImagePipeline.Classify(_context, pictures, parent, "s90"));
    }

    [TestMethod, Complaint("Pixels: mean and deviation per channel, HWC and CHW")]
    [DataRow(false)]
    [DataRow(true)]
    public void Normalisation_per_channel_of_planar_and_interleaved_pixels_scores_as_if_it_were_done_by_hand(bool interleaved)
    {
        using var folder = new TemporaryFolder();
        var rows = _context.Data.LoadFromEnumerable(ColourPictures.Write(folder.Root, 6, seed: 2));
        var network = RandomNetwork.Create(3, 32, 32, 3, seed: 1).ToByteArray();
        using var elsa = Levels(network, interleaved).Fit(Pixels(rows, interleaved));
        using var byHand = Levels(network, null).Fit(Prepared(rows));
        for (var level = 0; level < 2; level++)
        {
            using var folded = elsa.WithLevel(level);
            using var plain = byHand.WithLevel(level);
            var actual = folded.Transform(Pixels(rows, interleaved)).GetColumn<float[]>("Score").ToList();
            var expected = plain.Transform(Prepared(rows)).GetColumn<float[]>("Score").ToList();
            Assert.HasCount(6, actual);
            foreach (var (left, right) in actual.Zip(expected))
                for (var index = 0; index < right.Length; index++) Assert.AreEqual(right[index], left[index], 1e-4);
        }
    }

    [TestMethod]
    public void Shifts_of_interleaved_pictures_are_refused()
    {
        var options = Options(RandomNetwork.Create(3, 32, 32, 3, seed: 1).ToByteArray(), true) with
        {
            Training = new ElsaTraining { Augmentation = ElsaAugmentation.ShiftAndFlip(2) },
        };
        Assert.Contains("interleaved", Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ElsaSparsify(options)).Message);
    }

    [TestMethod]
    public void Means_and_deviations_that_are_no_numbers_are_refused()
    {
        Assert.Contains("Mean[1] is NaN", Assert.ThrowsExactly<ArgumentException>(() => new ElsaPixels { Mean = [0, double.NaN] }).Message);
        Assert.Contains("Deviation[0] is 0", Assert.ThrowsExactly<ArgumentException>(() => new ElsaPixels { Deviation = [0] }).Message);
        Assert.Contains("Deviation[0] is 1E+300", Assert.ThrowsExactly<ArgumentException>(() => new ElsaPixels { Deviation = [1e300] }).Message);
    }

    [TestMethod]
    public void A_checkpoint_of_other_pixels_is_refused()
    {
        using var folder = new TemporaryFolder();
        var rows = Pixels(_context.Data.LoadFromEnumerable(ColourPictures.Write(Path.Combine(folder.Root, "pictures"), 12, seed: 2)), false);
        var options = Options(RandomNetwork.Create(3, 32, 32, 3, seed: 1).ToByteArray(), false) with
        {
            Training = new ElsaTraining { Epochs = 1, BatchSize = 6, CheckpointDirectory = Path.Combine(folder.Root, "checkpoints") },
        };
        using (_context.Transforms.ElsaSparsify(options).Fit(rows)) { }
        var others = options with { Pixels = options.Pixels! with { Mean = [0] } };
        var error = Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ElsaSparsify(others).Fit(rows));
        Assert.Contains("is of another fit", error.Message);
    }

    ElsaSparsifyEstimator Levels(byte[] network, bool? interleaved) => _context.Transforms.ElsaSparsify(Options(network, interleaved));

    static ElsaSparsifyOptions Options(byte[] network, bool? interleaved) => new()
    {
        OutputColumnName = "Score",
        InputColumnName = "Pixels",
        ModelBytes = network,
        Sparsities = [0.8],
        SideParameters = ElsaSideParameters.Dense,
        Pixels = interleaved is { } turned ? new ElsaPixels { Interleaved = turned, Mean = Mean, Deviation = Deviation } : null,
    };

    IDataView Pixels(IDataView rows, bool interleaved) => _context.Transforms.LoadImages("Image", "", nameof(Picture.File))
        .Append(_context.Transforms.ResizeImages("Image", 32, 32))
        .Append(_context.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: interleaved))
        .Append(_context.Transforms.SelectColumns("Pixels")).Fit(rows).Transform(rows);

    IDataView Prepared(IDataView rows) => _context.Data.LoadFromEnumerable(Pixels(rows, false).GetColumn<float[]>("Pixels").Select(pixels =>
        new Row { Pixels = [.. pixels.Select((value, index) => (value - (float)Mean[index / 1024]) / (float)Deviation[index / 1024])] }).ToList());

    sealed class Row
    {
        [VectorType(3, 32, 32)] public float[] Pixels { get; set; } = [];
    }
}
