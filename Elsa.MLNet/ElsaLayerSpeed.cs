namespace Elsa.MLNet;

/// <summary>What a level's zeros are expected to bring in one layer on this machine.</summary>
/// <param name="Level">Name of the level, for example s90.</param>
/// <param name="Layer">Name of the layer's node, or its first output.</param>
/// <param name="Operator">ONNX operator, for example Conv.</param>
/// <param name="Sparsity">Share of zeros among the layer's weights, 0 to 1.</param>
/// <param name="SpeedUp">Time of the fastest dense kernel, ONNX Runtime's or Winograd's, over that of the sparse one; null
/// if it was not timed.</param>
/// <param name="Reason">Why it was not timed; empty if it was.</param>
public sealed record ElsaLayerSpeed(
    string Level, string Layer, string Operator, double Sparsity, double? SpeedUp, string Reason)
{
    private const double WorthWhile = 1.05;

    /// <summary>Whether the zeros save no time: the layer cannot run sparse, or is expected to gain less than 5 %.</summary>
    public bool IsWasted => SpeedUp is null ? Reason.Length > 0 : SpeedUp < WorthWhile;
}
