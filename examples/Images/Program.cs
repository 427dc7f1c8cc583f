using Images;
using Microsoft.ML;

var folder = Directory.CreateTempSubdirectory("elsa-images-");
try
{
    var context = new MLContext(seed: 1);
    var train = ColourPictures.Write(Path.Combine(folder.FullName, "train"), 600, seed: 1);
    var test = ColourPictures.Write(Path.Combine(folder.FullName, "test"), 300, seed: 2);
    Console.WriteLine($"{train.Count} training and {test.Count} test pictures of {ColourPictures.Classes} classes.");

    var parent = Path.Combine(folder.FullName, "shapes.elsa.onnx");
    using var elsa = ImagePipeline.Fit(context, train, epochs: 4).LastTransformer;
    elsa.SaveParent(parent);
    foreach (var level in elsa.Levels)
    {
        var classes = ImagePipeline.Classify(context, test, parent, level.Name);
        var right = classes.Zip(test).Count(pair => pair.First == pair.Second.Label);
        Console.WriteLine($"{level.Name,-6} {level.KeptWeights,7} weights kept, {right} of {test.Count} test pictures right");
    }
}
finally
{
    folder.Delete(recursive: true);
}
