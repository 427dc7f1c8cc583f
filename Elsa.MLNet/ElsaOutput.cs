namespace Elsa.MLNet;

/// <summary>A column that receives one of the model's outputs. Immutable.</summary>
public sealed record ElsaOutput
{
    /// <param name="columnName">Column that is made.</param>
    /// <param name="onnxName">The model's output; null for the only one, or for the one of the column's name.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    public ElsaOutput(string columnName, string? onnxName = null)
    {
        ColumnName = ColumnNames.Checked(columnName, nameof(columnName));
        OnnxName = onnxName is null ? null : ColumnNames.Checked(onnxName, nameof(onnxName));
    }

    /// <summary>Column that is made.</summary>
    public string ColumnName { get; }

    /// <summary>The model's output; null for the only one, or for the one of the column's name.</summary>
    public string? OnnxName { get; }

    /// <summary>
    /// Whether an output of one value per row is a scalar column, as ML.NET's evaluators want it. The default value is
    /// false: a vector of one value.
    /// </summary>
    public bool IsScalar { get; init; }

    /// <summary>
    /// Names of the vector's values, for example of the classes; they become the column's SlotNames annotation. Null
    /// (default): none; when fitting with a key as label, the key's values for the score that is measured.
    /// </summary>
    public IReadOnlyList<string>? SlotNames { get; init; }
}
