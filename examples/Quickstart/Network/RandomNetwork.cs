using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;

namespace Quickstart.Network;

/// <summary>A small convolutional classifier that has learnt nothing yet: a graph in ONNX and seeded weights.</summary>
public static class RandomNetwork
{
    /// <summary>Two stages of convolution 3 x 3, Relu and MaxPool 2 x 2 with 8 and 16 channels, a hidden layer of 128,
    /// and a score per class without softmax. Weights are uniform with deviation sqrt(2 / inputs) (He et al. 2015, arXiv
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
        TensorProto[] tensors =
        [
            .. Layer("conv1", 8, channels, 3, 3), .. Layer("conv2", 16, 8, 3, 3),
            .. Layer("hidden", 128, 16L * (height / 4) * (width / 4)), .. Layer("scores", classes, 128),
        ];
        return NetworkGraph.Build(tensors, [channels, height, width], classes);

        TensorProto[] Layer(string name, params long[] shape) =>
            [Tensor(name + ".weight", random, shape), Tensor(name + ".bias", random, shape[0])];
    }

    static TensorProto Tensor(string name, Random random, params long[] shape)
    {
        var values = new float[shape.Aggregate((a, b) => a * b)];
        // A uniform number has deviation width / sqrt(12); a vector is a bias.
        var width = shape.Length == 1 ? 0 : Math.Sqrt(12 * 2.0 * shape[0] / values.Length);
        foreach (ref var value in values.AsSpan()) value = (float)(width * (random.NextDouble() - 0.5));
        return new TensorProto
        {
            Name = name,
            DataType = (int)TensorProto.Types.DataType.Float,
            Dims = { shape },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)),
        };
    }
}
