using System.CommandLine;
using Quickstart;

var model = new Option<string?>("--model") { Description = "A dense ONNX classifier of images. Default: a small network trained here." };
var data = new Option<string?>("--data") { Description = "A folder or archive of images (idx, CIFAR binary, class folders). Default: drawn digits." };
var testData = new Option<string?>("--test-data") { Description = "The test images, where --data holds only training images." };
var mean = new Option<double[]>("--mean") { Description = "Subtracted from pixels 0..1; one for all channels or one each.", DefaultValueFactory = _ => [0], AllowMultipleArgumentsPerToken = true };
var deviation = new Option<double[]>("--deviation") { Description = "Then divided by; as many as means.", DefaultValueFactory = _ => [1], AllowMultipleArgumentsPerToken = true };
var sparsities = new Option<double[]>("--sparsities") { Description = "Shares of weights that the levels drop.", DefaultValueFactory = _ => [0.5, 0.8, 0.9, 0.95], AllowMultipleArgumentsPerToken = true };
var output = new Option<string>("--output") { Description = "Where the parent is written.", DefaultValueFactory = _ => "artifacts/quickstart.elsa.onnx" };
var command = new RootCommand("Fits nested sparse levels onto a dense ONNX model and shows what each costs.") { model, data, testData, mean, deviation, sparsities, output };
command.SetAction(arguments =>
{
    try
    {
        Job.Run(new JobOptions(arguments.GetValue(model), arguments.GetValue(data), arguments.GetValue(testData), arguments.GetValue(mean)!,
            arguments.GetValue(deviation)!, arguments.GetValue(sparsities)!, arguments.GetValue(output)!));
        return 0;
    }
    catch (Exception error) when (error is ArgumentException or IOException or InvalidDataException or Elsa.MLNet.Onnx.ParentFormatException)
    {
        Console.Error.WriteLine(error.Message);
        return 2;
    }
});
return command.Parse(args).Invoke();
