using System.Numerics.Tensors;

namespace Quickstart.Dense;

/// <summary>
/// Convolution 3 x 3 with padding 1, Relu, MaxPool 2 x 2. Planes have a border of one pixel, so that a shift of the
/// kernel is a shift of the whole plane: one long vector operation per kernel weight. The sums that wrap around into
/// the border are never read.
/// </summary>
sealed class ConvolutionStage(string name, int inputs, int outputs, int side, int outputBorder, Random random)
{
    readonly int _stride = side + 2, _length = (side - 1) * (side + 2) + side;
    readonly float[] _plane = new float[(side + 2) * (side + 2)];
    readonly int[] _winners = new int[outputs * side * side / 4];

    public Weights Kernel { get; } = new(name + ".weight", random, outputs, inputs, 3, 3);

    public Weights Bias { get; } = new(name + ".bias", random, outputs);

    public float[] Output { get; } = new float[outputs * (side / 2 + 2 * outputBorder) * (side / 2 + 2 * outputBorder)];

    public void Forward(ReadOnlySpan<float> input)
    {
        for (var output = 0; output < outputs; output++)
        {
            var sum = _plane.AsSpan(_stride + 1, _length);
            sum.Fill(Bias.Values[output]);
            for (var tap = 0; tap < 9 * inputs; tap++)
            {
                var weight = Kernel.Values[output * 9 * inputs + tap];
                TensorPrimitives.MultiplyAdd(input.Slice(Shift(tap), _length), weight, sum, sum);
            }
            Pool(output);
        }
    }

    /// <summary>Adds this picture's gradients, and writes the input's unless <paramref name="inputGradient"/> is
    /// empty.</summary>
    public void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> inputGradient)
    {
        inputGradient.Clear();
        for (var output = 0; output < outputs; output++)
        {
            Unpool(output, outputGradient);
            var gradient = _plane.AsSpan(_stride + 1, _length);
            Bias.Gradient[output] += TensorPrimitives.Sum<float>(gradient);
            for (var tap = 0; tap < 9 * inputs; tap++)
            {
                var weight = output * 9 * inputs + tap;
                Kernel.Gradient[weight] += TensorPrimitives.Dot(input.Slice(Shift(tap), _length), gradient);
                if (inputGradient.IsEmpty)
                    continue;
                var target = inputGradient.Slice(Shift(tap), _length);
                TensorPrimitives.MultiplyAdd(gradient, Kernel.Values[weight], target, target);
            }
        }
    }

    int Shift(int tap) => tap / 9 * _plane.Length + tap % 9 / 3 * _stride + tap % 3;

    void Pool(int output)
    {
        for (var cell = 0; cell < side * side / 4; cell++)
        {
            var first = (1 + cell / (side / 2) * 2) * _stride + 1 + cell % (side / 2) * 2;
            var best = first;
            foreach (var other in (ReadOnlySpan<int>)[first + 1, first + _stride, first + _stride + 1])
                best = _plane[other] > _plane[best] ? other : best;
            Output[At(output, cell)] = Math.Max(0, _plane[best]);
            _winners[output * side * side / 4 + cell] = best;
        }
    }

    void Unpool(int output, ReadOnlySpan<float> outputGradient)
    {
        Array.Clear(_plane);
        for (var cell = 0; cell < side * side / 4; cell++)
        {
            var at = At(output, cell);
            if (Output[at] > 0)
                _plane[_winners[output * side * side / 4 + cell]] = outputGradient[at];
        }
    }

    int At(int output, int cell)
    {
        var stride = side / 2 + 2 * outputBorder;
        return (output * stride + outputBorder + cell / (side / 2)) * stride + outputBorder + cell % (side / 2);
    }
}
