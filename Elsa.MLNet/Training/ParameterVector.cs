using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training;

/// <summary>
/// Parameters of a model laid out one behind the other in one vector, in which form an optimizer, a mask and a
/// checkpoint see them all at once.
/// </summary>
internal sealed class ParameterVector
{
    /// <param name="name">Name of the vector in the training graph.</param>
    /// <param name="tensors">Float32 initializers, each once, in the order of the vector.</param>
    public ParameterVector(string name, IEnumerable<TensorProto> tensors)
    {
        Name = name;
        var parts = new List<Part>();
        foreach (var tensor in tensors)
        {
            parts.Add(new Part(tensor.Name, [.. tensor.Dims], Length, (int)TensorBytes.ElementCount(tensor)));
            Length = checked(Length + parts[^1].Count);
        }
        Parts = parts;
    }

    public string Name { get; }

    public IReadOnlyList<Part> Parts { get; }

    /// <summary>Number of values.</summary>
    public int Length { get; }

    /// <summary>The values that a model has.</summary>
    public float[] Read(MaskableModel model)
    {
        var values = new float[Length];
        foreach (var part in Parts)
            MemoryMarshal.Cast<byte, float>(model.Weights(part.Name).Span).CopyTo(part.Of(values));
        return values;
    }

    /// <summary>The values of one part as the bytes of its initializer.</summary>
    public static byte[] Bytes(Part part, ReadOnlySpan<float> vector) =>
        MemoryMarshal.AsBytes(part.Of(vector)).ToArray();

    /// <summary>
    /// Appends what cuts the vector into its parts, each under the name of its parameter, and puts it in front of all
    /// nodes.
    /// </summary>
    public void Open(GraphProto graph, GraphBuilder builder)
    {
        if (Length == 0) return;
        graph.Input.Add(GraphValue.Of(Name, new ValueShape(DataType.Float, Length)));
        var count = graph.Node.Count;
        var pieces = Parts.Count == 1 ? [Name] : Parts.Select(part => part.Shape.Length == 1 ? part.Name
            : builder.Name("part")).ToArray();
        if (Parts.Count > 1)
            builder.Append("Split", "", [Name, builder.Wholes([.. Parts.Select(part => (long)part.Count)])], pieces, NodeAttribute.Of("axis", 0L));
        for (var index = 0; index < Parts.Count; index++)
            if (pieces[index] != Parts[index].Name)
                builder.Append("Reshape", "", [pieces[index], builder.Wholes(Parts[index].Shape)], [Parts[index].Name], NodeAttribute.Of("allowzero", 1L));
        var added = graph.Node.Skip(count).ToList();
        while (graph.Node.Count > count) graph.Node.RemoveAt(graph.Node.Count - 1);
        for (var index = 0; index < added.Count; index++) graph.Node.Insert(index, added[index]);
    }

    /// <summary>Appends the vector made of a value per parameter; a missing one counts as zeros.</summary>
    public string Join(GraphBuilder builder, IReadOnlyDictionary<string, string> values)
    {
        var pieces = Parts.Select(part => values.TryGetValue(part.Name, out var value)
            ? builder.Reshape(value, part.Count) : builder.Numbers(new float[part.Count], part.Count)).ToList();
        return pieces.Count == 1 ? pieces[0] : builder.Node("Concat", pieces, NodeAttribute.Of("axis", 0L));
    }

    /// <summary>One parameter's place.</summary>
    public sealed record Part(string Name, long[] Shape, int Offset, int Count)
    {
        public Span<T> Of<T>(Span<T> vector) => vector.Slice(Offset, Count);

        public ReadOnlySpan<T> Of<T>(ReadOnlySpan<T> vector) => vector.Slice(Offset, Count);

        public Span<T> Of<T>(T[] vector) => vector.AsSpan(Offset, Count);
    }
}
