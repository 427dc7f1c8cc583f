using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Training;

/// <summary>What a parent is made of.</summary>
/// <param name="Model">The dense model, trained or as it was.</param>
/// <param name="Masks">The masks of all levels.</param>
/// <param name="SideParameters">Side parameters that differ between levels.</param>
internal sealed record FittedNetwork(MaskableModel Model, NestedMasks Masks, SideParameters SideParameters);
