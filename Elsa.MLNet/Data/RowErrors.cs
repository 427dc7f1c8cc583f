using System.Globalization;
using Microsoft.ML;

namespace Elsa.MLNet.Data;

/// <summary>What can be wrong with a row: asking for a getter, of the kind that ML.NET's own rows throw, and its
/// values.</summary>
internal static class RowErrors
{
    public static InvalidOperationException Inactive(DataViewSchema.Column column) => new(
        $"Column '{column.Name}' is not active in this row. Ask for it when the cursor is made.");

    public static InvalidOperationException WrongType(DataViewSchema.Column column, Type asked) => new(
        $"Column '{column.Name}' holds {column.Type.RawType}, but a getter of {asked} was asked for. Ask for the " +
        "column's own type.");

    public static InvalidOperationException WrongLength(string column, int found, int promised, long? position) => new(
        $"A row of column '{column}' has {found} values, though the column's type promises {promised}. " +
        (position is { } row ? $"It is row {row} of the data. " : "") + "Correct the component that makes the column.");

    public static ArgumentException NotFinite(string column, long position, int index, double value) => new(
        $"Value {index} of column '{column}' in row {position} is {value.ToString(CultureInfo.InvariantCulture)}; " +
        "fitting needs finite numbers. Leave such rows out with FilterRowsByMissingValues, or fill them with " +
        "ReplaceMissingValues.");

    public static ArgumentException NotFiniteAugmented(string column, long position, int index, float value) => new(
        $"The augmentation made value {index} of column '{column}' in row {position} " +
        $"{value.ToString(CultureInfo.InvariantCulture)}; training needs finite numbers. Correct the " +
        "function given to ElsaAugmentation.From.");
}
