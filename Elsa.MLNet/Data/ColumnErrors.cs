namespace Elsa.MLNet.Data;

/// <summary>What can be wrong with the columns, worded once for data and for schema shapes.</summary>
internal static class ColumnErrors
{
    public static ArgumentException NoInput(string column, IEnumerable<string> names) => new(
        $"There is no column '{column}' to score. The columns are {string.Join(", ", names)}; name one of them as " +
        "input column.");

    public static ArgumentException NoLabel(string column, IEnumerable<string> names) => new(
        $"There is no label column '{column}'. The columns are {string.Join(", ", names)}; name one of them, or leave " +
        "LabelColumnName out to measure agreement with the dense level.");

    public static ArgumentException OutputExists(string column, string inputColumns) => new(
        $"The output column '{column}' exists already. Choose a name that is free, or {inputColumns} to replace " +
        "the input column.");

    public static ArgumentException WrongType(string column, string type, WantedColumn wanted)
    {
        string items = string.Join(" or ", wanted.ItemTypes);
        return new ArgumentException(
            $"Column '{column}' is {type}, but the model's input wants {wanted.Description}. Allowed is a vector of " +
            $"{items} of known size (or one {items} for one value); use ConvertType for other types and Concatenate " +
            "to make a vector.");
    }

    public static ArgumentException VariableSize(string column, string type, string wanted) => new(
        $"Column '{column}' is {type}, a vector whose size varies by row, but the model's input wants {wanted}. " +
        "Fix the size: [VectorType(n)] on the property, or TextLoader.Column with a range.");

    public static ArgumentException WrongSize(string column, string type, string wanted) => new(
        $"Column '{column}' is {type}, but the model's input wants {wanted}. Give rows of the size that the model " +
        "was made for.");

    public static ArgumentException WrongSlotNames(string column, int names, string type) => new(
        $"SlotNames of the output column '{column}' has {names} names, but the column is {type}. Give one name for " +
        "every value of a vector, or leave SlotNames out.");
}
