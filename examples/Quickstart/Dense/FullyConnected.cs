using System.Numerics.Tensors;

namespace Quickstart.Dense;

/// <summary>Every output sees every input: <c>y = W x + b</c>.</summary>
sealed class FullyConnected(string name, int inputs, int outputs, Random random)
{
    public Weights Matrix { get; } = new(name + ".weight", random, outputs, inputs);

    public Weights Bias { get; } = new(name + ".bias", random, outputs);

    public float[] Output { get; } = new float[outputs];

    public void Forward(ReadOnlySpan<float> input)
    {
        for (var row = 0; row < outputs; row++)
            Output[row] = TensorPrimitives.Dot(input, Matrix.Values.AsSpan(row * inputs, inputs)) + Bias.Values[row];
    }

    public void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> inputGradient)
    {
        inputGradient.Clear();
        TensorPrimitives.Add(Bias.Gradient, outputGradient, Bias.Gradient);
        for (var row = 0; row < outputs; row++)
        {
            if (outputGradient[row] == 0)
                continue;
            var gradient = Matrix.Gradient.AsSpan(row * inputs, inputs);
            TensorPrimitives.MultiplyAdd(input, outputGradient[row], gradient, gradient);
            var weights = Matrix.Values.AsSpan(row * inputs, inputs);
            TensorPrimitives.MultiplyAdd(weights, outputGradient[row], inputGradient, inputGradient);
        }
    }
}
