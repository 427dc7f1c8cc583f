using Microsoft.ML;

namespace Elsa.MLNet.Data;

/// <summary>What can be wrong with asking a row for a getter; of the kind that ML.NET's own rows throw.</summary>
internal static class RowErrors
{
    public static InvalidOperationException Inactive(DataViewSchema.Column column) => new(
        $"Column '{column.Name}' is not active in this row. Ask for it when the cursor is made.");

    public static InvalidOperationException WrongType(DataViewSchema.Column column, Type asked) => new(
        $"Column '{column.Name}' holds {column.Type.RawType}, but a getter of {asked} was asked for. Ask for the " +
        "column's own type.");
}
