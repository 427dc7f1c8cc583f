using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Saving;

/// <summary>
/// A level in the form that ML.NET's OnnxTransformer takes: input and output are named as the columns and are float32,
/// there is no second output, and element types that it does not know stand in Constant nodes, where it does not look.
/// </summary>
internal static class PortableModel
{
    // OnnxTransformer takes it off the name of an output before it names the column.
    private const string StockSuffix = ".output";

    /// <param name="level">A plain model; it is changed.</param>
    /// <param name="signature">Its input and output.</param>
    /// <param name="columns">The columns they are to be named as.</param>
    /// <returns>The model, whose first input is the only one that is no initializer.</returns>
    /// <exception cref="InvalidOperationException">OnnxTransformer cannot express this.</exception>
    public static ModelProto Of(ModelProto level, ModelSignature signature, ScoringColumns columns)
    {
        Check(signature, columns);
        string inputName = columns.Inputs[0].ColumnName;
        string outputName = OutputName(inputName, columns.Outputs[0].ColumnName);
        var graph = level.Graph;
        var input = graph.Input.Single(value => value.Name == signature.Input.Name);
        var output = graph.Output.Single(value => value.Name == signature.Output.Name);
        graph.Output.Clear();
        graph.Output.Add(output);
        graph.ValueInfo.Clear();
        HideFromStock(graph);
        ValueNames.Free(graph, inputName);
        ValueNames.Free(graph, outputName);
        var (inputType, outputType) = (signature.Input.ElementType, signature.Output.ElementType);
        graph.Node.Insert(0, Bridge(inputName, input.Name, inputType, target: inputType));
        graph.Node.Add(Bridge(output.Name, outputName, outputType, target: DataType.Float));
        (input.Name, output.Name) = (inputName, outputName);
        graph.Input.Remove(input);
        graph.Input.Insert(0, input);
        input.Type.TensorType.ElemType = output.Type.TensorType.ElemType = (int)DataType.Float;
        return level;
    }

    /// <summary>
    /// From one name to another; between float32 and another type it converts as our own scoring does.
    /// </summary>
    private static NodeProto Bridge(string from, string to, DataType modelType, DataType target)
    {
        var node = new NodeProto { OpType = "Identity", Name = "elsa_column_" + to, Input = { from }, Output = { to } };
        if (modelType != DataType.Float)
        {
            node.OpType = "Cast";
            node.Attribute.Add(new AttributeProto
            {
                Name = "to",
                Type = AttributeProto.Types.AttributeType.Int,
                I = (long)target,
            });
        }
        return node;
    }

    private static void HideFromStock(GraphProto graph)
    {
        var hidden = graph.Initializer.Where(tensor => !IsKnownToStock((DataType)tensor.DataType)).ToList();
        foreach (var tensor in hidden)
        {
            graph.Initializer.Remove(tensor);
            if (graph.Input.FirstOrDefault(value => value.Name == tensor.Name) is { } listed)
                graph.Input.Remove(listed);
            graph.Node.Insert(0, new NodeProto
            {
                OpType = "Constant",
                Name = "elsa_constant_" + tensor.Name,
                Output = { tensor.Name },
                Attribute =
                {
                    new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = tensor },
                },
            });
        }
    }

    private static bool IsKnownToStock(DataType type) => type is DataType.Float or DataType.Double or DataType.Bool
        or DataType.String or DataType.Int8 or DataType.Int16 or DataType.Int32 or DataType.Int64 or DataType.Uint8
        or DataType.Uint16 or DataType.Uint32 or DataType.Uint64;

    /// <summary>
    /// The column's name, unless the input column is replaced: in a model two values cannot share a name.
    /// </summary>
    private static string OutputName(string input, string output)
    {
        string name = output == input ? output + StockSuffix : output;
        string column = name.EndsWith(StockSuffix, StringComparison.Ordinal) ? name.Replace(StockSuffix, "") : name;
        return column == output
            ? name
            : throw Impossible(
                $"ML.NET's OnnxTransformer would name the output column '{column}' instead of '{output}', because it " +
                $"takes '{StockSuffix}' off. Give the column another name");
    }

    private static void Check(ModelSignature signature, ScoringColumns columns)
    {
        bool isVectorToVector = signature is { Inputs.Count: 1, Outputs.Count: 1 } && !columns.Outputs[0].IsScalar
            && TensorElements.IsFloating(signature.Input.ElementType)
            && TensorElements.IsFloating(signature.Output.ElementType);
        if (!isVectorToVector)
        {
            throw Impossible(
                "A portable file holds a model from one column of floating-point values to one vector of them, and this " +
                $"transformer goes from {string.Join("; ", signature.Inputs)} to {string.Join("; ", signature.Outputs)}" +
                $"{(columns.Outputs[0].IsScalar ? ", a scalar column" : "")}. Score with such columns");
        }
        foreach (var tensor in new[] { signature.Input, signature.Output })
        {
            if (tensor.RowSize() is null)
            {
                throw Impossible(
                    $"The model's {tensor} does not declare how many values a row has, and ML.NET's OnnxTransformer " +
                    "takes what is not declared for 1. Declare the shape in the model");
            }
        }
    }

    private static InvalidOperationException Impossible(string reason) => new(
        $"{reason}, or save with ElsaSaveFormat.Native.");
}
