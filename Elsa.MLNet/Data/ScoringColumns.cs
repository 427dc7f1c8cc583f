namespace Elsa.MLNet.Data;

/// <summary>The columns that are scored and the columns that receive what the model gives.</summary>
internal sealed record ScoringColumns
{
    /// <summary>One column to score and one for the score.</summary>
    /// <param name="outputColumnName">Receives the score.</param>
    /// <param name="inputColumnName">Is scored; null for the same name, which then is replaced.</param>
    /// <param name="onnxOutputName">The model's output; null for the only one, or for the one of the column's name.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    public ScoringColumns(string outputColumnName, string? inputColumnName, string? onnxOutputName = null)
    {
        ColumnNames.Checked(outputColumnName, nameof(outputColumnName));
        if (inputColumnName is not null)
            ColumnNames.Checked(inputColumnName, nameof(inputColumnName));
        Outputs = [new ElsaOutput(outputColumnName, onnxOutputName)];
        Inputs = [new ElsaInput(inputColumnName ?? outputColumnName)];
    }

    /// <summary>Any columns.</summary>
    /// <exception cref="ArgumentException">There are no inputs or outputs, or two outputs are one column.</exception>
    public ScoringColumns(IReadOnlyList<ElsaOutput> outputs, IReadOnlyList<ElsaInput> inputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(inputs);
        (Outputs, Inputs) = ([.. outputs], [.. inputs]);
        if (Outputs.Count == 0)
            throw new ArgumentException("Outputs is empty; name a column for at least one output.", nameof(outputs));
        if (Inputs.Count == 0)
            throw new ArgumentException("Inputs is empty; name a column for every input of the model.", nameof(inputs));
        if (Outputs.GroupBy(o => o.ColumnName, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException(
                $"Outputs names the column '{twice.Key}' {twice.Count()} times; give every output a column of its own.",
                nameof(outputs));
        }
    }

    public IReadOnlyList<ElsaOutput> Outputs { get; init; }

    public IReadOnlyList<ElsaInput> Inputs { get; }

    /// <summary>Whether an output of this name replaces a column that is scored.</summary>
    public bool IsInput(string name) => Inputs.Any(input => input.ColumnName == name);

    /// <summary>The columns that are scored, for messages.</summary>
    public string InputNames => string.Join(" or ", Inputs.Select(input => $"'{input.ColumnName}'"));

    /// <summary>The same columns with one of the outputs only.</summary>
    public ScoringColumns Only(string outputColumn) =>
        this with { Outputs = [Outputs.First(output => output.ColumnName == outputColumn)] };

    /// <summary>The same columns with names for the values of an output that has none.</summary>
    public ScoringColumns WithSlotNames(string outputColumn, IReadOnlyList<string> names) => this with
    {
        Outputs = [.. Outputs.Select(output =>
            output.ColumnName == outputColumn && output.SlotNames is null ? output with { SlotNames = names } : output)],
    };
}
