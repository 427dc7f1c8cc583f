using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// An input or output as the model declares it. A first dimension that is symbolic or 1 is the batch; any other belongs
/// to the row, and such a model takes one row per call.
/// </summary>
internal sealed class ModelTensor
{
    private readonly TensorShapeProto.Types.Dimension[]? _dimensions;

    private ModelTensor(
        string name, TensorProto.Types.DataType elementType, TensorShapeProto.Types.Dimension[]? dimensions,
        OnnxObjects? objects)
    {
        Name = name;
        ElementType = elementType;
        _dimensions = dimensions;
        Objects = objects;
    }

    public string Name { get; }

    public TensorProto.Types.DataType ElementType { get; }

    /// <summary>What the output is if it is no tensor; else null.</summary>
    public OnnxObjects? Objects { get; }

    /// <summary>Whether the first dimension is symbolic.</summary>
    public bool HasFreeBatch => _dimensions is [var first, ..] && Size(first) is null;

    /// <summary>Whether the first dimension can stand for rows: symbolic or 1.</summary>
    public bool HasBatch => _dimensions is [var first, ..] && Size(first) is null or 1;

    public static ModelTensor Of(ValueInfoProto value) => new(
        value.Name,
        (TensorProto.Types.DataType)(value.Type?.TensorType?.ElemType ?? 0),
        value.Type?.TensorType?.Shape?.Dim.ToArray(),
        OnnxObjects.Of(value.Type));

    /// <summary>The same tensor with the dimensions of a row that an option gives.</summary>
    /// <exception cref="ArgumentException">They contradict the declared ones.</exception>
    public ModelTensor WithRowDimensions(IReadOnlyList<int> dimensions)
    {
        var declared = RowDimensions();
        bool fits = dimensions.All(size => size > 0) && (declared is null || (declared.Length == dimensions.Count
            && declared.Zip(dimensions).All(pair => pair.First is null || pair.First == pair.Second)));
        if (!fits)
        {
            throw new ArgumentException(
                $"Dimensions [{string.Join(", ", dimensions)}] do not fit the model's input {this}. Give the sizes of " +
                "one row, without the batch, each at least 1, and those that the model declares as they are.",
                nameof(dimensions));
        }
        TensorShapeProto.Types.Dimension[] batch = _dimensions is null ? [new()] : HasBatch ? [_dimensions[0]] : [];
        return new ModelTensor(
            Name, ElementType,
            [.. batch, .. dimensions.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size })], Objects);
    }

    /// <summary>
    /// Dimensions of one row, without the batch; null where symbolic; null as a whole when no shape is declared.
    /// </summary>
    public long?[]? RowDimensions() => _dimensions?.Skip(HasBatch ? 1 : 0).Select(Size).ToArray();

    /// <summary>As <see cref="RowDimensions()"/>, with the sizes of symbols that are known elsewhere.</summary>
    public long?[]? RowDimensions(IReadOnlyDictionary<string, long> symbols) =>
        _dimensions?.Skip(HasBatch ? 1 : 0)
            .Select(d => Size(d) ?? (symbols.TryGetValue(d.DimParam, out long size) ? size : null)).ToArray();

    /// <summary>The symbols of a row's dimensions, and "" where there is none.</summary>
    public IReadOnlyList<string> RowSymbols() => [.. (_dimensions ?? []).Skip(HasBatch ? 1 : 0).Select(d => d.DimParam)];

    /// <summary>Symbol of the batch; "" if it has none.</summary>
    public string BatchSymbol => HasFreeBatch ? _dimensions![0].DimParam : "";

    /// <summary>
    /// The dimensions of a row of <paramref name="size"/> values, if the declared ones leave exactly one answer: all
    /// known, or all but one.
    /// </summary>
    public long[]? RowDimensionsFor(int size) => RowDimensions() is { } declared ? Solve(declared, size, []) : null;

    /// <summary>
    /// The dimensions of a row of <paramref name="size"/> values: those of the column's type, if they fit the declared
    /// ones, else the declared ones, if at most one of them is unknown.
    /// </summary>
    public static long[]? Solve(long?[] declared, int size, IReadOnlyList<int> column)
    {
        if (size <= 0)
            return null;
        if (column.Count == declared.Length && declared.Zip(column).All(p => p.First is null || p.First == p.Second))
            return [.. column.Select(dimension => (long)dimension)];
        if (declared.Count(d => d is null) > 1
            || Product(declared.Where(d => d is not null).Select(d => d!.Value)) is not (> 0 and var known))
            return null;
        return declared.Contains(null)
            ? size % known == 0 ? [.. declared.Select(d => d ?? size / known)] : null
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
        if (Objects is not null)
            return $"'{Name}' {Objects.ColumnType}";
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
