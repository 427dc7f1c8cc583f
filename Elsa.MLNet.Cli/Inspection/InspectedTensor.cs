using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Cli.Inspection;

/// <summary>A maskable tensor, as <c>elsa inspect</c> shows it.</summary>
internal sealed record InspectedTensor(string Name, IReadOnlyList<long> Shape, string ElementType, string OperatorType,
    string NodeName, long WeightCount, IReadOnlyList<long> KeptWeights, long LevelMapBytes)
{
    public InspectedTensor(MaskableTensor tensor, ParentModel parent)
        : this(tensor.Name, tensor.Shape, tensor.ElementType, tensor.OperatorType, tensor.NodeName, tensor.WeightCount,
            [.. parent.Levels.Select(level => parent.Masks[tensor.Name].KeptCount(level.Index))], parent.LevelMapBytes(tensor.Name))
    { }
}
