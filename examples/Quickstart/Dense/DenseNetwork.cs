using System.Numerics.Tensors;
using Elsa.MLNet.Datasets;
using Onnx;

namespace Quickstart.Dense;

/// <summary>
/// A small convolutional network for pictures of 28 x 28, trained from a fixed seed on one core in plain C#: the dense
/// network that the quickstart makes sparse. 103,018 parameters, 100,352 of them in <c>hidden.weight</c>.
/// </summary>
sealed class DenseNetwork
{
    const int Side = DrawnDigits.Side, Border = Side + 2, Batch = 32, Epochs = 5;
    const float Rate = 0.025f;
    readonly ConvolutionStage _first, _second;
    readonly FullyConnected _hidden, _scores;
    readonly Weights[] _weights;
    readonly float[] _image = new float[Border * Border];
    readonly float[] _active, _activeGradient, _secondGradient, _firstGradient;

    DenseNetwork(Random random, int classes)
    {
        _first = new ConvolutionStage("conv1", 1, 8, Side, outputBorder: 1, random);
        _second = new ConvolutionStage("conv2", 8, 16, Side / 2, outputBorder: 0, random);
        _hidden = new FullyConnected("hidden", _second.Output.Length, 128, random);
        _scores = new FullyConnected("scores", _hidden.Output.Length, classes, random);
        _weights =
        [
            _first.Kernel, _first.Bias, _second.Kernel, _second.Bias,
            _hidden.Matrix, _hidden.Bias, _scores.Matrix, _scores.Bias,
        ];
        (_active, _activeGradient) = (new float[_hidden.Output.Length], new float[_hidden.Output.Length]);
        (_secondGradient, _firstGradient) = (new float[_second.Output.Length], new float[_first.Output.Length]);
    }

    /// <summary>Trains with cross-entropy, batches of 32, momentum 0.9 and a rate that falls from 0.025 to 0 over five
    /// epochs. The same pictures and seed give the same bytes on the same machine.</summary>
    /// <param name="images">Grey pictures of 28 x 28.</param>
    /// <param name="seed">Of the first weights and of the order of pictures.</param>
    /// <exception cref="ArgumentException">The pictures have another shape.</exception>
    /// <returns>An ONNX model: <c>image</c> [N, 1, 28, 28], brightness 0 to 1, to <c>scores</c> [N, classes].</returns>
    public static ModelProto Train(LabeledImages images, int seed = 1)
    {
        if ((images.Width, images.Height, images.Channels) != (Side, Side, 1))
            throw new ArgumentException(
                $"Pictures are {images.Channels} x {images.Height} x {images.Width}. "
                + $"Give grey ones of {Side} x {Side}.", nameof(images));
        var random = new Random(seed);
        var network = new DenseNetwork(random, images.ClassNames.Count);
        var order = Enumerable.Range(0, images.Count).ToArray();
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            random.Shuffle(order);
            for (var start = 0; start < order.Length; start += Batch)
            {
                var rows = order.AsSpan(start, Math.Min(Batch, order.Length - start));
                foreach (var row in rows)
                    network.Learn(images.Image(row), images.Labels[row]);
                var done = (epoch * order.Length + start) / (float)(Epochs * order.Length);
                foreach (var weights in network._weights)
                    weights.Step(Rate * (1 - done) / rows.Length);
            }
        }
        return DenseModel.Build(
            network._weights.Select(weights => weights.ToTensor()), [1, Side, Side], images.ClassNames.Count);
    }

    void Learn(ReadOnlySpan<byte> image, int label)
    {
        for (var y = 0; y < Side; y++)
            PixelScaling.ZeroToOne.Apply(image.Slice(y * Side, Side), 1, _image.AsSpan((y + 1) * Border + 1, Side));
        _first.Forward(_image);
        _second.Forward(_first.Output);
        _hidden.Forward(_second.Output);
        TensorPrimitives.Max(_hidden.Output, 0f, _active);
        _scores.Forward(_active);

        // The gradient of softmax and cross-entropy together: probabilities - target.
        Span<float> error = stackalloc float[_scores.Output.Length];
        TensorPrimitives.SoftMax<float>(_scores.Output, error);
        error[label] -= 1;
        _scores.Backward(_active, error, _activeGradient);
        for (var i = 0; i < _active.Length; i++)
            _activeGradient[i] = _active[i] > 0 ? _activeGradient[i] : 0;
        _hidden.Backward(_second.Output, _activeGradient, _secondGradient);
        _second.Backward(_first.Output, _secondGradient, _firstGradient);
        _first.Backward(_image, _firstGradient, []);
    }
}
