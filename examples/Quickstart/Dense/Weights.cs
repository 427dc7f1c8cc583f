using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;

namespace Quickstart.Dense;

/// <summary>One trained tensor, with the gradient of the current batch and the step's momentum.</summary>
sealed class Weights
{
    readonly string _name;
    readonly long[] _shape;
    readonly float[] _momentum;

    /// <summary>Starts with numbers of deviation sqrt(2 / inputs) (He et al., arXiv 1502.01852), or 0 for a
    /// bias.</summary>
    public Weights(string name, Random random, params long[] shape)
    {
        (_name, _shape) = (name, shape);
        var count = (int)shape.Aggregate((a, b) => a * b);
        (Values, Gradient, _momentum) = (new float[count], new float[count], new float[count]);
        // A uniform number has deviation width / sqrt(12).
        var width = shape.Length == 1 ? 0 : Math.Sqrt(12 * 2.0 * shape[0] / count);
        for (var i = 0; i < count; i++)
            Values[i] = (float)(width * (random.NextDouble() - 0.5));
    }

    public float[] Values { get; }

    public float[] Gradient { get; }

    /// <summary>One step of gradient descent with momentum 0.9; the gradient starts again from 0.</summary>
    public void Step(float rate)
    {
        TensorPrimitives.MultiplyAdd(_momentum, 0.9f, Gradient, _momentum);
        TensorPrimitives.MultiplyAdd(_momentum, -rate, Values, Values);
        Array.Clear(Gradient);
    }

    public TensorProto ToTensor() => new()
    {
        Name = _name,
        DataType = (int)TensorProto.Types.DataType.Float,
        Dims = { _shape },
        RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(Values)),
    };
}
