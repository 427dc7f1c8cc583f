using Onnx;

namespace Quickstart.Dense;

/// <summary>The network of <see cref="DenseNetwork"/> before any training, for pictures of any size.</summary>
static class RandomNetwork
{
    /// <summary>Two stages of convolution 3 x 3, Relu and MaxPool 2 x 2 with 8 and 16 channels, a hidden layer of 128,
    /// and a score per class without softmax. Weights have deviation sqrt(2 / inputs) (He et al. 2015, arXiv
    /// 1502.01852), biases are 0. The same arguments give the same bytes.</summary>
    /// <exception cref="ArgumentException">Height or width cannot be halved twice, or a size is not
    /// positive.</exception>
    /// <returns>An ONNX model: <c>image</c> [N, channels, height, width] to <c>scores</c> [N, classes].</returns>
    public static ModelProto Create(int channels, int height, int width, int classes, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        if (height < 4 || width < 4 || height % 4 != 0 || width % 4 != 0)
            throw new ArgumentException(
                $"Pictures are {height} x {width} pixels. The network halves both twice: give multiples of 4.");
        var random = new Random(seed);
        Weights[] weights =
        [
            new("conv1.weight", random, 8, channels, 3, 3), new("conv1.bias", random, 8),
            new("conv2.weight", random, 16, 8, 3, 3), new("conv2.bias", random, 16),
            new("hidden.weight", random, 128, 16L * (height / 4) * (width / 4)), new("hidden.bias", random, 128),
            new("scores.weight", random, classes, 128), new("scores.bias", random, classes),
        ];
        return DenseModel.Build(weights.Select(tensor => tensor.ToTensor()), [channels, height, width], classes);
    }
}
