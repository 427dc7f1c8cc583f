using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// A dense model made ready for masks: weights in Constant nodes are initializers, and the maskable ones hold raw data.
/// It computes the same as the model it was made from.
/// </summary>
public sealed class MaskableModel
{
    MaskableModel(ModelProto model, string? directory, string sourceSha256, MaskableReport report)
    {
        (Model, Directory, SourceSha256, Report) = (model, directory, sourceSha256, report);
        Tensors = new TensorIndex(model);
    }

    /// <summary>Which tensors are maskable, and which stay dense and why.</summary>
    public MaskableReport Report { get; }

    /// <summary>SHA-256, in lower-case hex, of the source file, or of the serialized model if it came from memory.</summary>
    public string SourceSha256 { get; }

    internal ModelProto Model { get; }

    internal string? Directory { get; }

    internal TensorIndex Tensors { get; }

    /// <summary>Reads a model and finds its maskable weights.</summary>
    /// <param name="path">An ONNX file; external data lies beside it.</param>
    /// <param name="selection">Which tensors to take; null takes the weights of Conv, ConvTranspose, Gemm and MatMul.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ParentFormatException">The file is not an ONNX model, is a parent already, or claims more of its
    /// external files than FORMAT.md allows.</exception>
    /// <exception cref="InvalidDataException">An external file is missing, outside of the model's folder or too short, or
    /// holds another tensor than an initializer or a Constant.</exception>
    /// <exception cref="ArgumentException">The path is empty, the model has no maskable weight under the selection, or
    /// a name in Include or Exclude fits no tensor of it.</exception>
    public static MaskableModel Read(string path, MaskableSelection? selection = null)
    {
        var model = OnnxReader.Read(path);
        using var source = File.OpenRead(path);
        return Make(model, Path.GetDirectoryName(Path.GetFullPath(path)), ContentHash.Of(source), selection);
    }

    /// <summary>As <see cref="Read"/>, from the bytes of an ONNX file without external data.</summary>
    /// <exception cref="ParentFormatException">The bytes are not an ONNX model, or are a parent already.</exception>
    /// <exception cref="ArgumentException">The model has no maskable weight under the selection, or a name in Include
    /// or Exclude fits no tensor of it.</exception>
    public static MaskableModel Parse(ReadOnlyMemory<byte> bytes, MaskableSelection? selection = null) =>
        Make(OnnxReader.Parse(bytes), null, ContentHash.Of(bytes.Span), selection);

    /// <summary>Finds the maskable weights of a model in memory; the model itself is not changed.</summary>
    /// <param name="model">A model without external data.</param>
    /// <param name="selection">Which tensors to take; null takes the weights of Conv, ConvTranspose, Gemm and MatMul.</param>
    /// <exception cref="ParentFormatException">The model is a parent already.</exception>
    /// <exception cref="ArgumentException">The model has no maskable weight under the selection, or a name in Include
    /// or Exclude fits no tensor of it.</exception>
    public static MaskableModel From(ModelProto model, MaskableSelection? selection = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Make(model.Clone(), null, ContentHash.Of(model.ToByteArray()), selection);
    }

    /// <summary>The weights of a maskable tensor as little-endian bytes in row-major order.</summary>
    internal ReadOnlyMemory<byte> Weights(string name) => Tensors.TryGet(name, out var tensor)
        ? TensorBytes.Read(tensor, Directory)
        : throw new KeyNotFoundException($"The model has no tensor '{name}'.");

    /// <summary>The numbers that a maskable tensor's weights are or stand for, and their type.</summary>
    internal (ReadOnlyMemory<byte> Bytes, int DataType) Numbers(MaskableTensor tensor)
    {
        var weights = Weights(tensor.Name);
        var type = Tensors.TryGet(tensor.Name, out var found) ? found.DataType : 0;
        if (tensor.Scales is null) return (weights, type);
        var numbers = tensor.Scales.Dequantize(weights.Span, type == (int)TensorProto.Types.DataType.Int8, tensor.ZeroPoint, tensor.Shape);
        return (MemoryMarshal.AsBytes<float>(numbers).ToArray(), (int)TensorProto.Types.DataType.Float);
    }

    /// <summary>The same model with other values of some initializers; the source it was made from stays the same.</summary>
    /// <param name="values">Little-endian bytes in the type and shape of each initializer, by name.</param>
    internal MaskableModel With(IReadOnlyDictionary<string, byte[]> values)
    {
        var changed = new MaskableModel(Model.Clone(), Directory, SourceSha256, Report);
        foreach (var (name, bytes) in values)
        {
            if (!changed.Tensors.TryGet(name, out var tensor) || TensorBytes.ByteCount(tensor) != bytes.Length)
                throw new ArgumentException($"'{name}' is no initializer of {bytes.Length} bytes.", nameof(values));
            TensorBytes.SetRaw(tensor, bytes);
        }
        return changed;
    }

    /// <summary>
    /// The same model with initializers in place of some Constant and Identity nodes of the main graph; the source it was
    /// made from stays the same.
    /// </summary>
    /// <param name="names">What those nodes make.</param>
    internal MaskableModel WithInitializers(IReadOnlySet<string> names)
    {
        if (names.Count == 0) return this;
        var model = Model.Clone();
        ConstantPromotion.Apply(model, names);
        return new MaskableModel(model, Directory, SourceSha256, Report);
    }

    /// <summary>The same model in which no BatchNormalization shares its running statistics; the source it was made from
    /// stays the same.</summary>
    internal MaskableModel WithOwnStatistics()
    {
        var model = Model.Clone();
        SharedStatistics.Apply(model.Graph);
        return new MaskableModel(model, Directory, SourceSha256, Report);
    }

    /// <summary>The same model behind pixels; the source it was made from stays the same.</summary>
    internal MaskableModel With(PixelFolding pixels)
    {
        var model = Model.Clone();
        pixels.Apply(model);
        return new MaskableModel(model, Directory, SourceSha256, Report);
    }

    static MaskableModel Make(ModelProto model, string? directory, string sourceSha256, MaskableSelection? selection)
    {
        if (ParentEntries.In(model).Any())
            throw new ParentFormatException(ParentFormatError.UnexpectedEntry, "metadata_props",
                "The model is a parent already; extract its dense level and start from that.");
        ConstantPromotion.ApplyExternal(model);
        ExternalTensors.Check(model, new TensorIndex(model), directory);
        var (report, weights) = WeightFinder.Select(model, selection ?? new MaskableSelection());
        if (report.Maskable.Count == 0) throw new ArgumentException(NothingMaskable(model, report), nameof(model));
        ConstantPromotion.Apply(model, weights);
        foreach (var weight in weights)
            if (!TensorBytes.IsExternal(weight.Tensor) && !weight.Tensor.HasRawData)
                TensorBytes.SetRaw(weight.Tensor, TensorBytes.Read(weight.Tensor, directory));
        return new MaskableModel(model, directory, sourceSha256, report);
    }

    static string NothingMaskable(ModelProto model, MaskableReport report)
    {
        var operators = model.Graph.Node.Select(node => node.OpType).Distinct().Order(StringComparer.Ordinal);
        var reasons = report.LeftDense.Take(5).Select(tensor => $"'{tensor.Name}': {tensor.Reason}");
        return $"The model has no maskable weight. Its operators are: {string.Join(", ", operators)}. " +
            "Maskable are floating-point weights of Conv, ConvTranspose, Gemm and MatMul that are constants in the graph, and int8 " +
            "or uint8 ones behind DequantizeLinear or of QLinearConv, QLinearMatMul, ConvInteger and MatMulInteger. " +
            (report.LeftDense.Count > 0 ? $"Left dense: {string.Join("; ", reasons)}. " : "") +
            "Choose a model with such weights, or widen the selection.";
    }
}
