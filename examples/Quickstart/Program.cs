using System.CommandLine;
using Elsa.MLNet.Onnx;
using Quickstart;

var model = new Option<string?>("--model") { Description = "A dense ONNX classifier of images. Default: a small network trained here." };
var data = new Option<string?>("--data") { Description = "A folder or archive of images (idx, CIFAR binary, class folders). Default: drawn digits." };
var testData = new Option<string?>("--test-data") { Description = "The test images, where --data holds only training images." };
var mean = new Option<double[]>("--mean") { Description = "Subtracted from pixels 0..1; one for all channels or one each.", DefaultValueFactory = _ => [0], AllowMultipleArgumentsPerToken = true };
var deviation = new Option<double[]>("--deviation") { Description = "Then divided by; as many as means.", DefaultValueFactory = _ => [1], AllowMultipleArgumentsPerToken = true };
var sparsities = new Option<double[]>("--sparsities") { Description = "Shares of weights that the levels drop.", DefaultValueFactory = _ => [0.5, 0.8, 0.9, 0.95], AllowMultipleArgumentsPerToken = true };
var epochs = new Option<int>("--epochs") { Description = "Passes over the training images for each level; 0 embeds the levels without training.", DefaultValueFactory = _ => 4 };
var checkpoints = new Option<string?>("--checkpoints") { Description = "A folder for what is finished; the same command goes on from it. Default: none." };
var output = new Option<string>("--output") { Description = "Where the parent is written.", DefaultValueFactory = _ => "artifacts/quickstart.elsa.onnx" };
var command = new RootCommand("Trains nested sparse levels into a dense ONNX model and shows what each costs.") { model, data, testData, mean, deviation, sparsities, epochs, checkpoints, output };
command.SetAction(arguments =>
{
    try
    {
        Job.Run(new JobOptions
        {
            Model = arguments.GetValue(model),
            Data = arguments.GetValue(data),
            TestData = arguments.GetValue(testData),
            Mean = arguments.GetValue(mean)!,
            Deviation = arguments.GetValue(deviation)!,
            Sparsities = arguments.GetValue(sparsities)!,
            Epochs = arguments.GetValue(epochs),
            Checkpoints = arguments.GetValue(checkpoints),
            Output = arguments.GetValue(output)!,
        });
        return 0;
    }
    catch (Exception error) when (error is ArgumentException or IOException or InvalidDataException or ParentFormatException
        or NotSupportedException or NotFiniteNumberException)
    {
        Console.Error.WriteLine(error.Message);
        return 2;
    }
});
return command.Parse(args).Invoke();
