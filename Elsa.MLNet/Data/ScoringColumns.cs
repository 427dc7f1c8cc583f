namespace Elsa.MLNet.Data;

/// <summary>Names of the column that is scored and of the column that receives the score.</summary>
internal sealed record ScoringColumns
{
    /// <param name="outputColumnName">Receives the score.</param>
    /// <param name="inputColumnName">Is scored; null for the same name, which then is replaced.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    public ScoringColumns(string outputColumnName, string? inputColumnName)
    {
        Output = NotEmpty(outputColumnName, nameof(outputColumnName));
        Input = inputColumnName is null ? Output : NotEmpty(inputColumnName, nameof(inputColumnName));
    }

    public string Output { get; }

    public string Input { get; }

    private static string NotEmpty(string name, string parameter) => !string.IsNullOrWhiteSpace(name)
        ? name
        : throw new ArgumentException($"{parameter} is empty. Give the name of a column.", parameter);
}
