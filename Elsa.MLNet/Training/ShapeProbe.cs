using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training;

/// <summary>
/// Learns the concrete shape of every value of a graph by running it once with all of them as outputs. ONNX Runtime
/// knows its operators' shapes better than any inference of ours would.
/// </summary>
internal static class ShapeProbe
{
    /// <summary>Runs the model on zeros.</summary>
    /// <param name="model">A model all of whose inputs have known dimensions; not changed.</param>
    /// <returns>Shapes of all tensors: inputs, initializers and what nodes make; and the values that depend on no
    /// input, but at most on shapes.</returns>
    /// <exception cref="ArgumentException">ONNX Runtime refuses the model, or it does not run.</exception>
    public static ProbedValues Run(ModelProto model)
    {
        var shapes = new Dictionary<string, ValueShape>(StringComparer.Ordinal);
        foreach (var tensor in model.Graph.Initializer)
            shapes[tensor.Name] = new ValueShape((DataType)tensor.DataType, [.. tensor.Dims]);
        var inputs = model.Graph.Input.Where(input => !shapes.ContainsKey(input.Name)).ToList();
        foreach (var input in inputs) shapes[input.Name] = ShapeOf(input);

        var probe = model.Clone();
        probe.Graph.Output.Clear();
        foreach (var name in probe.Graph.Node.SelectMany(node => node.Output).Where(name => name.Length > 0))
            probe.Graph.Output.Add(new ValueInfoProto { Name = name });
        var constant = StaticValues.Find(model.Graph);
        var constants = new Dictionary<string, TensorProto>(StringComparer.Ordinal);
        using var session = SessionOpening.Open(probe, new ElsaExecutionOptions(),
            GraphOptimizationLevel.ORT_DISABLE_ALL);
        using var options = new RunOptions();
        var values = inputs.Select(input => Zeros(shapes[input.Name])).ToList();
        try
        {
            string[] outputs = [.. probe.Graph.Output.Select(output => output.Name)];
            using var results = session.Run(options, [.. inputs.Select(input => input.Name)], values, outputs);
            for (var index = 0; index < outputs.Length; index++)
            {
                if (!results[index].IsTensor) continue;
                var info = results[index].GetTensorTypeAndShape();
                var shape = new ValueShape((DataType)info.ElementDataType, info.Shape);
                shapes[outputs[index]] = shape;
                if (constant.Contains(outputs[index]) && ElementTypes.ByteSize((int)shape.Type) > 0)
                    constants[outputs[index]] = Tensor(outputs[index], shape, results[index]);
            }
        }
        catch (OnnxRuntimeException failure)
        {
            throw new ArgumentException($"The model '{model.Graph.Name}' does not run on a batch for training: {failure.Message}",
                nameof(model), failure);
        }
        finally
        {
            foreach (var value in values) value.Dispose();
        }
        return new ProbedValues(shapes, constants);
    }

    private static ValueShape ShapeOf(ValueInfoProto input)
    {
        var dimensions = input.Type?.TensorType?.Shape?.Dim;
        if (dimensions is null || dimensions.Any(dimension => !dimension.HasDimValue))
            throw new ArgumentException($"The input '{input.Name}' has dimensions that are not known; training needs a fixed shape for " +
                "every input. Declare them in the model.");
        return new ValueShape((DataType)input.Type!.TensorType.ElemType,
            [.. dimensions.Select(dimension => dimension.DimValue)]);
    }

    private static OrtValue Zeros(ValueShape shape)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)shape.Type,
            shape.Dimensions);
        value.GetTensorMutableRawData().Clear();
        return value;
    }

    private static TensorProto Tensor(string name, ValueShape shape, OrtValue value)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)shape.Type };
        tensor.Dims.Add(shape.Dimensions);
        TensorBytes.SetRaw(tensor, value.GetTensorMutableRawData().ToArray());
        return tensor;
    }
}
