using System.Collections.Concurrent;
using Elsa.MLNet.Data;
using Microsoft.ML.Data;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>The inputs that columns feed and the outputs that become columns.</summary>
internal sealed class ModelSignature
{
    private readonly IReadOnlyList<bool> _areScalar;
    private readonly ConcurrentDictionary<VectorDataViewType, VectorDataViewType> _types = new();

    private ModelSignature(ModelTensor[] inputs, ModelTensor[] outputs, IReadOnlyList<bool> areScalar)
    {
        (Inputs, Outputs, _areScalar) = (inputs, outputs, areScalar);
        BatchSymbols = inputs.Select(input => input.BatchSymbol).ToHashSet(StringComparer.Ordinal);
    }

    public IReadOnlyList<ModelTensor> Inputs { get; }

    public IReadOnlyList<ModelTensor> Outputs { get; }

    /// <summary>The first input: the only one where a network is trained.</summary>
    public ModelTensor Input => Inputs[0];

    /// <summary>The first output: the score where levels are measured.</summary>
    public ModelTensor Output => Outputs[0];

    /// <summary>Whether every input takes any number of rows.</summary>
    public bool HasFreeBatch => Inputs.All(input => input.HasFreeBatch);

    /// <summary>Whether every input has a dimension that can stand for rows.</summary>
    public bool HasBatch => Inputs.All(input => input.HasBatch);

    private HashSet<string> BatchSymbols { get; }

    /// <summary>Finds one input and one output by name, or takes the only one when the name is null.</summary>
    /// <exception cref="ArgumentException">A name is unknown or missing though there are several, or the type cannot be
    /// scored.</exception>
    public static ModelSignature Of(ModelProto model, string? inputName, string? outputName) =>
        Of(model, [(inputName, "")], [(outputName, "")], [null], [false]);

    /// <summary>Finds the inputs and outputs of columns.</summary>
    /// <exception cref="ArgumentException">A name is unknown, missing or given twice, an input has no column, or a type
    /// cannot be scored.</exception>
    public static ModelSignature Of(ModelProto model, ScoringColumns columns) => Of(
        model,
        [.. columns.Inputs.Select(input => (input.OnnxName, input.ColumnName))],
        [.. columns.Outputs.Select(output => (output.OnnxName, output.ColumnName))],
        [.. columns.Inputs.Select(input => input.Dimensions)],
        [.. columns.Outputs.Select(output => output.IsScalar)]);

    /// <summary>What the columns must be and will be.</summary>
    public ModelColumns Columns => new(
        [.. Inputs.Select(input => new WantedColumn(Describe(input), TensorElements.Feeding(input.ElementType)))],
        [.. Outputs.Select((output, index) => output.Objects is { } objects ? objects.ColumnType
            : _areScalar[index] ? TensorElements.ItemType(output.ElementType)
            : (DataViewType)new VectorDataViewType(TensorElements.ItemType(output.ElementType), 1))]);

    /// <summary>What one row of columns brings: dimensions follow from the model, from options, from the column's type
    /// and, by their symbols, from the other inputs.</summary>
    /// <exception cref="ArgumentException">A column's type or size does not fit.</exception>
    public RowInputs Bind(IReadOnlyList<InputColumn> columns)
    {
        for (int index = 0; index < columns.Count; index++)
            CheckType(columns[index], Inputs[index]);
        var symbols = new Dictionary<string, long>(StringComparer.Ordinal);
        var dimensions = new long[columns.Count][];
        for (int round = 0; round < columns.Count; round++)
        {
            for (int index = 0; index < columns.Count; index++)
                dimensions[index] ??= Solve(index)!;
        }
        int unsolved = Array.FindIndex(dimensions, d => d is null);
        if (unsolved >= 0)
        {
            var (name, type) = columns[unsolved];
            throw ColumnErrors.WrongSize(name, type.ToString()!, Describe(Inputs[unsolved]));
        }
        return new RowInputs([.. columns.Select(column => column.ItemType.RawType)], dimensions);

        long[]? Solve(int index)
        {
            var (input, column) = (Inputs[index], columns[index]);
            var solved = ModelTensor.Solve(input.RowDimensions(symbols)!, column.Size, column.Dimensions);
            if (solved is not null)
                AddSymbols(input, solved, symbols);
            return solved;
        }
    }

    /// <summary>What one row of a single column of Single brings.</summary>
    /// <exception cref="ArgumentException">The model has another input or the size does not fit.</exception>
    public RowInputs Bind(int inputSize) => new(
        [typeof(float)],
        [Input.RowDimensionsFor(inputSize) ?? throw new ArgumentException(
            $"The model's input {Input} cannot take rows of {inputSize} values.", nameof(inputSize))]);

    /// <summary>What one row brings, if the model tells it all and columns of Single feed it; else null.</summary>
    public RowInputs? Declared =>
        Inputs.All(input => input.RowSize() is not null && TensorElements.IsFloating(input.ElementType))
            ? new RowInputs(
                [.. Inputs.Select(_ => typeof(float))],
                [.. Inputs.Select(input => input.RowDimensions()!.Select(size => size!.Value).ToArray())])
            : null;

    /// <summary>Dimensions of one row of an output, if it is declared or follows from the inputs.</summary>
    public long[]? OutputDimensions(int output, RowInputs inputs)
    {
        var symbols = new Dictionary<string, long>(StringComparer.Ordinal);
        for (int index = 0; index < Inputs.Count; index++)
            AddSymbols(Inputs[index], inputs.Dimensions[index], symbols);
        var declared = Outputs[output].RowDimensions(symbols);
        return declared is null || declared.Contains(null) ? null : [.. declared.Select(d => d!.Value)];
    }

    /// <summary>Type of the column that an output becomes; the same object for equal types, as ML.NET's GetColumn
    /// compares references.</summary>
    /// <exception cref="ArgumentException">A scalar is wanted and a row has several values.</exception>
    public DataViewType ColumnType(int output, long[] rowDimensions)
    {
        var tensor = Outputs[output];
        if (tensor.Objects is { } objects)
            return objects.ColumnType;
        var item = TensorElements.ItemType(tensor.ElementType);
        int size = checked((int)rowDimensions.Aggregate(1L, (product, dimension) => product * dimension));
        if (_areScalar[output])
        {
            return size == 1 ? item : throw new ArgumentException(
                $"The model's output {tensor} gives {size} values for a row, so it cannot be a scalar column. Leave " +
                "IsScalar out.", nameof(output));
        }
        var type = rowDimensions.Length > 1
            ? new VectorDataViewType(item, rowDimensions.Select(dimension => (int)dimension).ToArray())
            : new VectorDataViewType(item, size);
        return _types.GetOrAdd(type, type);
    }

    private static ModelSignature Of(
        ModelProto model, (string? Onnx, string Column)[] inputs, (string? Onnx, string Column)[] outputs,
        IReadOnlyList<int>?[] dimensions, bool[] areScalar)
    {
        var initializers = model.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        var allInputs = model.Graph.Input.Where(i => !initializers.Contains(i.Name)).Select(ModelTensor.Of).ToArray();
        var allOutputs = model.Graph.Output.Select(ModelTensor.Of).ToArray();
        if (allInputs.Length > inputs.Length)
        {
            throw new ArgumentException(
                $"The model has {allInputs.Length} inputs: {Listed(allInputs)}. One column can feed one input; name a " +
                "column for each of them with Inputs.",
                nameof(inputs));
        }
        var chosenInputs = Choose(allInputs, inputs, "input");
        var chosenOutputs = Choose(allOutputs, outputs, "output");
        foreach (var tensor in chosenInputs.Concat(chosenOutputs))
            CheckElements(tensor, chosenInputs.Contains(tensor));
        for (int index = 0; index < chosenInputs.Length; index++)
        {
            if (dimensions[index] is { } given)
                chosenInputs[index] = chosenInputs[index].WithRowDimensions(given);
            if (chosenInputs[index].RowDimensions() is null)
            {
                throw new ArgumentException(
                    $"The model's input {chosenInputs[index]}: how many values a row has is unknown. Declare the " +
                    "input's shape in the model, or give Dimensions for it.",
                    nameof(model));
            }
        }
        return new ModelSignature(chosenInputs, chosenOutputs, areScalar);
    }

    private static ModelTensor[] Choose(ModelTensor[] tensors, (string? Onnx, string Column)[] names, string role)
    {
        var chosen = names.Select(name => Choose(tensors, name.Onnx, name.Column, role)).ToArray();
        if (chosen.GroupBy(tensor => tensor.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new ArgumentException(
                $"The {role} '{twice.Key}' is named {twice.Count()} times. Name every {role} once.", role + "Name");
        }
        return chosen;
    }

    private static ModelTensor Choose(ModelTensor[] tensors, string? name, string column, string role)
    {
        if (name is null && tensors.Length == 1)
            return tensors[0];
        string wanted = name ?? column;
        return Array.Find(tensors, t => t.Name == wanted) ?? throw new ArgumentException(
            tensors.Length == 0 ? $"The model has no {role}."
            : name is null ? $"The model has {tensors.Length} {role}s: {Listed(tensors)}. Name the one to use."
            : $"The model has no {role} '{name}'. It has {Listed(tensors)}.", role + "Name");
    }

    private static void CheckElements(ModelTensor tensor, bool isInput)
    {
        if (TensorElements.CanConvert(tensor.ElementType) || (!isInput && tensor.Objects is not null))
            return;
        throw new ArgumentException(
            $"The model's {tensor} cannot be scored. Allowed element types are {TensorElements.Allowed}; an output may " +
            "also be a map or a sequence of maps. Put a Cast into the model.", nameof(tensor));
    }

    private static void CheckType(InputColumn column, ModelTensor input)
    {
        string type = column.Type.ToString()!;
        var wanted = new WantedColumn(Describe(input), TensorElements.Feeding(input.ElementType));
        if (!wanted.ItemTypes.Contains(column.ItemType))
            throw ColumnErrors.WrongType(column.Name, type, wanted);
        if (column.Size == 0)
            throw ColumnErrors.VariableSize(column.Name, type, wanted.Description);
    }

    private void AddSymbols(ModelTensor input, long[] dimensions, Dictionary<string, long> symbols)
    {
        foreach (var (symbol, size) in input.RowSymbols().Zip(dimensions))
        {
            if (symbol.Length > 0 && !BatchSymbols.Contains(symbol))
                symbols.TryAdd(symbol, size);
        }
    }

    private static string Describe(ModelTensor input) => input.RowSize() is { } size
        ? $"{input}: {size} values per row" + (input.HasBatch ? "" : ", as its first dimension is neither 1 nor free")
        : input.ToString();

    private static string Listed(ModelTensor[] tensors) => string.Join("; ", tensors.Select(t => t.ToString()));
}
