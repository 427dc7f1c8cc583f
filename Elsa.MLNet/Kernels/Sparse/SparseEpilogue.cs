namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>y = act(scale[row] * sum + shift[row] + addend); scale and shift may be null.</summary>
internal unsafe struct SparseEpilogue
{
    public float* Scale;
    public float* Shift;
    public SparseActivation Activation;

    /// <summary>Clip: least value; LeakyRelu: slope; HardSigmoid: alpha.</summary>
    public float Alpha;

    /// <summary>Clip: largest value; HardSigmoid: beta.</summary>
    public float Beta;

    public readonly float Apply(int row, float sum, float addend)
    {
        float y = (Scale is null ? sum : Scale[row] * sum) + (Shift is null ? 0 : Shift[row]) + addend;
        return Activation switch
        {
            SparseActivation.Relu => MathF.Max(y, 0),
            SparseActivation.Clip => MathF.Min(MathF.Max(y, Alpha), Beta),
            SparseActivation.LeakyRelu => y >= 0 ? y : Alpha * y,
            SparseActivation.Sigmoid => 1 / (1 + MathF.Exp(-y)),
            SparseActivation.Tanh => MathF.Tanh(y),
            SparseActivation.HardSigmoid => MathF.Max(0, MathF.Min(1, Alpha * y + Beta)),
            SparseActivation.HardSwish => y * MathF.Max(0, MathF.Min(1, y / 6 + 0.5f)),
            _ => y,
        };
    }
}
