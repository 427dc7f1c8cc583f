namespace Elsa.MLNet;

/// <summary>A column that feeds one of the model's inputs. Immutable.</summary>
public sealed record ElsaInput
{
    /// <param name="columnName">Column of the data.</param>
    /// <param name="onnxName">The model's input; null for the only one, or for the one of the column's name.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    public ElsaInput(string columnName, string? onnxName = null)
    {
        ColumnName = ColumnNames.Checked(columnName, nameof(columnName));
        OnnxName = onnxName is null ? null : ColumnNames.Checked(onnxName, nameof(onnxName));
    }

    /// <summary>Column of the data.</summary>
    public string ColumnName { get; }

    /// <summary>The model's input; null for the only one, or for the one of the column's name.</summary>
    public string? OnnxName { get; }

    /// <summary>
    /// Dimensions of one row, without the batch, for a model that leaves more of them open than the column's size
    /// settles, or declares none. Null (default): the model's, the column type's, or what is left of the column's size.
    /// </summary>
    public IReadOnlyList<int>? Dimensions { get; init; }
}
