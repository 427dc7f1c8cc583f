namespace Elsa.MLNet.Onnx;

/// <summary>A batch normalisation that uses the statistics of the batch.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Scale">Name of its scale.</param>
/// <param name="Bias">Name of its bias.</param>
/// <param name="RunningMean">Name of the initializer with the running mean.</param>
/// <param name="RunningVariance">Name of the initializer with the running variance.</param>
/// <param name="Momentum">PyTorch's m, 0.1 by default: running = (1 - m) running + m batch, with the unbiased variance
/// of the batch. ONNX's attribute momentum is 1 - m.</param>
/// <param name="BatchMean">Name of the value with the batch's mean, of shape [C].</param>
/// <param name="BatchVariance">Name of the value with the batch's biased variance, of shape [C].</param>
/// <param name="ValuesPerChannel">n, at least 2; the unbiased variance is n / (n - 1) of the biased one.</param>
internal sealed record NormalizedBatch(string Node, string Scale, string Bias, string RunningMean,
    string RunningVariance,
    float Momentum, string BatchMean, string BatchVariance, long ValuesPerChannel);
