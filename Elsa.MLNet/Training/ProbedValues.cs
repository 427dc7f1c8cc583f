using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Training;

/// <summary>What a probe found.</summary>
/// <param name="Shapes">Shapes by the name of the value.</param>
/// <param name="Constants">Values that are the same for every batch of this size, by name.</param>
internal sealed record ProbedValues(Dictionary<string, ValueShape> Shapes,
    IReadOnlyDictionary<string, TensorProto> Constants);
