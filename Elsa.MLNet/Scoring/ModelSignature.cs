using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>The one input that a column feeds and the one output that becomes the score.</summary>
internal sealed record ModelSignature(ModelTensor Input, ModelTensor Output)
{
    /// <summary>Finds input and output by name, or takes the only one when the name is null.</summary>
    /// <exception cref="ArgumentException">A name is unknown or missing though there are several, or the type cannot be
    /// scored.</exception>
    public static ModelSignature Of(ModelProto model, string? inputName, string? outputName)
    {
        var initializers = model.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        var inputs = model.Graph.Input.Where(i => !initializers.Contains(i.Name)).Select(ModelTensor.Of).ToArray();
        var outputs = model.Graph.Output.Select(ModelTensor.Of).ToArray();
        if (inputs.Length > 1)
        {
            throw new ArgumentException(
                $"The model has {inputs.Length} inputs: {Listed(inputs)}. One column can feed one input; a model " +
                "with one input is needed.",
                nameof(inputName));
        }
        var signature = new ModelSignature(Choose(inputs, inputName, "input"), Choose(outputs, outputName, "output"));
        foreach (var tensor in new[] { signature.Input, signature.Output })
        {
            if (!TensorElements.CanConvert(tensor.ElementType))
            {
                throw new ArgumentException(
                    $"The model's {tensor} cannot be scored. Allowed element types are float, float16 and double; " +
                    "put a Cast into the model.", nameof(model));
            }
        }
        if (signature.Input.RowDimensions() is null)
        {
            throw new ArgumentException(
                $"The model's input {signature.Input}: how many values a row has is unknown. Declare the input's " +
                "shape in the model.",
                nameof(model));
        }
        return signature;
    }

    private static ModelTensor Choose(ModelTensor[] tensors, string? name, string role)
    {
        if (name is null && tensors.Length == 1)
            return tensors[0];
        var found = name is null ? null : Array.Find(tensors, t => t.Name == name);
        return found ?? throw new ArgumentException(
            tensors.Length == 0 ? $"The model has no {role}."
            : name is null ? $"The model has {tensors.Length} {role}s: {Listed(tensors)}. Name the one to use."
            : $"The model has no {role} '{name}'. It has {Listed(tensors)}.", role + "Name");
    }

    private static string Listed(ModelTensor[] tensors) => string.Join("; ", tensors.Select(t => t.ToString()));
}
