using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training;

/// <summary>Chooses which weights a level keeps while it trains.</summary>
/// <param name="tensors">The masked tensors, in the order of the vector.</param>
/// <param name="layout">Where they lie in the vector.</param>
/// <param name="importance">The score by which weights are kept.</param>
/// <param name="allocation">How the sparsity is spread over the tensors.</param>
/// <param name="given">Masks that are given instead; null to choose them.</param>
internal sealed class MaskChoice(IReadOnlyList<MaskableTensor> tensors, ParameterVector layout,
    ElsaImportance importance,
    ElsaAllocation allocation, NestedMasks? given)
{
    /// <summary>
    /// Fills in which weights to keep: at the sparsity, those with the highest importance; frozen ones come first.
    /// </summary>
    /// <param name="weights">The weights now; finite.</param>
    /// <param name="network">What is frozen.</param>
    /// <param name="level">The level that trains.</param>
    /// <param name="sparsity">Share of all weights to drop.</param>
    /// <param name="kept">Receives the choice.</param>
    public void Choose(ReadOnlySpan<float> weights, TrainedNetwork network, int level, double sparsity, Span<bool> kept)
    {
        if (sparsity <= 0)
        {
            kept.Fill(true);
            return;
        }
        if (given is not null)
        {
            foreach (var part in layout.Parts)
                for (var index = 0; index < part.Count; index++)
                    kept[part.Offset + index] = given[part.Name].Levels[index] >= level;
            return;
        }
        var scores = new uint[layout.Parts.Count][];
        for (var tensor = 0; tensor < scores.Length; tensor++)
        {
            var part = layout.Parts[tensor];
            scores[tensor] = importance.Score(tensors[tensor], MemoryMarshal.AsBytes(part.Of(weights)),
                (int)DataType.Float);
            for (var index = 0; index < part.Count; index++)
                if (network.IsFrozen(part.Offset + index, level)) scores[tensor][index] = uint.MaxValue;
        }
        var chosen = allocation.Levels(scores, [sparsity]);
        for (var tensor = 0; tensor < scores.Length; tensor++)
        {
            var part = layout.Parts[tensor];
            for (var index = 0; index < part.Count; index++) kept[part.Offset + index] = chosen[tensor][index] > 0;
        }
    }
}
