using Google.Protobuf;
using Onnx;
using static Onnx.AttributeProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>Makes and reads the attributes of nodes.</summary>
internal static class NodeAttribute
{
    public static AttributeProto Of(string name, long value) =>
        new() { Name = name, Type = AttributeType.Int, I = value };

    public static AttributeProto Of(string name, float value) =>
        new() { Name = name, Type = AttributeType.Float, F = value };

    public static AttributeProto Of(string name, string value) =>
        new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    public static AttributeProto Of(string name, IEnumerable<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeType.Ints };
        attribute.Ints.Add(values);
        return attribute;
    }

    public static AttributeProto? Find(NodeProto node, string name) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    public static long Whole(NodeProto node, string name, long otherwise) => Find(node, name)?.I ?? otherwise;

    public static float Number(NodeProto node, string name, float otherwise) => Find(node, name)?.F ?? otherwise;

    public static string Text(NodeProto node, string name, string otherwise) =>
        Find(node, name)?.S.ToStringUtf8() ?? otherwise;

    /// <summary>A list of whole numbers; null if the node has none of that name.</summary>
    public static long[]? Wholes(NodeProto node, string name) => Find(node, name)?.Ints.ToArray();
}
