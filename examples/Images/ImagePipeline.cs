using Elsa.MLNet;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Quickstart.Network;

namespace Images;

/// <summary>From picture files to nested levels, and from picture files to classes.</summary>
static class ImagePipeline
{
    const int Side = 32;

    /// <summary>What the pixels need, in units of 0 to 255. It becomes part of the parent.</summary>
    static readonly ElsaPixels Pixels = new()
    {
        Interleaved = true,
        Mean = [124, 116, 104],
        Deviation = [58, 57, 57],
    };

    /// <summary>Trains a small network from random weights and one sparse level into it.</summary>
    public static TransformerChain<ElsaTransformer> Fit(MLContext context, IEnumerable<Picture> pictures, int epochs)
    {
        var network = RandomNetwork.Create(channels: 3, Side, Side, ColourPictures.Classes, seed: 1).ToByteArray();
        var pipeline = ToPixels(context)
            // The files are decoded once, not once per epoch.
            .AppendCacheCheckpoint(context)
            .AppendElsaSparsify(context, new ElsaSparsifyOptions
            {
                OutputColumnName = "Score",
                InputColumnName = "Pixels",
                LabelColumnName = nameof(Picture.Label),
                ModelBytes = network,
                Pixels = Pixels,
                Sparsities = [0.9],
                Training = new ElsaTraining { Loss = ElsaLoss.CrossEntropy, Epochs = epochs, BatchSize = 16 },
            });
        return pipeline.Fit(context.Data.LoadFromEnumerable(pictures));
    }

    /// <summary>Scores picture files with a level of a parent; nothing about the pixels has to be known here.</summary>
    public static List<int> Classify(MLContext context, IEnumerable<Picture> pictures, string parentFile, string level)
    {
        var rows = context.Data.LoadFromEnumerable(pictures);
        var model = ToPixels(context).Append(context.Transforms.ApplyElsaModel("Score", "Pixels", parentFile, level)).Fit(rows);
        using var elsa = model.LastTransformer;
        return [.. model.Transform(rows).GetColumn<float[]>("Score").Select(score => Array.IndexOf(score, score.Max()))];
    }

    static EstimatorChain<Microsoft.ML.Transforms.Image.ImagePixelExtractingTransformer> ToPixels(MLContext context) =>
        context.Transforms.LoadImages("Image", "", nameof(Picture.File))
            .Append(context.Transforms.ResizeImages("Image", Side, Side))
            .Append(context.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: true));
}
