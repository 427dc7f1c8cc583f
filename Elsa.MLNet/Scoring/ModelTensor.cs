using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// An input or output as the model declares it. A first dimension that is symbolic or 1 is the batch; any other belongs
/// to the row, and such a model takes one row per call.
/// </summary>
internal sealed class ModelTensor
{
    private readonly TensorShapeProto.Types.Dimension[]? _dimensions;

    private ModelTensor(string name, TensorProto.Types.DataType elementType, TensorShapeProto? shape)
    {
        Name = name;
        ElementType = elementType;
        _dimensions = shape?.Dim.ToArray();
    }

    public string Name { get; }

    public TensorProto.Types.DataType ElementType { get; }

    /// <summary>Whether the first dimension is symbolic.</summary>
    public bool HasFreeBatch => _dimensions is [var first, ..] && Size(first) is null;

    /// <summary>Whether the first dimension can stand for rows: symbolic or 1.</summary>
    public bool HasBatch => _dimensions is [var first, ..] && Size(first) is null or 1;

    public static ModelTensor Of(ValueInfoProto value) => new(
        value.Name,
        (TensorProto.Types.DataType)(value.Type?.TensorType?.ElemType ?? 0),
        value.Type?.TensorType?.Shape);

    /// <summary>
    /// Dimensions of one row, without the batch; null where symbolic; null as a whole when no shape is declared.
    /// </summary>
    public long?[]? RowDimensions() => _dimensions?.Skip(HasBatch ? 1 : 0).Select(Size).ToArray();

    /// <summary>
    /// The dimensions of a row of <paramref name="size"/> values, if the declared ones leave exactly one answer: all
    /// known, or all but one.
    /// </summary>
    public long[]? RowDimensionsFor(int size)
    {
        if (RowDimensions() is not { } declared || declared.Count(d => d is null) > 1)
            return null;
        if (Product(declared.Where(d => d is not null).Select(d => d!.Value)) is not (> 0 and var known))
            return null;
        return declared.Contains(null)
            ? size > 0 && size % known == 0 ? [.. declared.Select(d => d ?? size / known)] : null
            : known == size ? [.. declared.Select(d => d!.Value)] : null;
    }

    /// <summary>Values of one row, if every dimension of it is declared and they fit an array.</summary>
    public int? RowSize() =>
        RowDimensions() is { } declared
        && !declared.Contains(null)
        && Product(declared.Select(d => d!.Value)) is { } size
            ? (int)size
            : null;

    /// <summary>For messages: 'x' float [batch, 1, 28, 28].</summary>
    public override string ToString()
    {
        static string Text(TensorShapeProto.Types.Dimension dimension) =>
            Size(dimension)?.ToString() ?? (dimension.DimParam.Length > 0 ? dimension.DimParam : "?");
        string shape = _dimensions is null ? "without a shape" : $"[{string.Join(", ", _dimensions.Select(Text))}]";
        return $"'{Name}' {ElementType.ToString().ToLowerInvariant()} {shape}";
    }

    private static long? Size(TensorShapeProto.Types.Dimension dimension) =>
        dimension.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue && dimension.DimValue >= 0
            ? dimension.DimValue
            : null;

    /// <summary>The product, or null when it exceeds what an array can hold.</summary>
    private static long? Product(IEnumerable<long> factors)
    {
        long product = 1;
        foreach (long factor in factors)
        {
            if (factor > 0 && product > Array.MaxLength / factor)
                return null;
            product *= factor;
        }
        return product;
    }
}
