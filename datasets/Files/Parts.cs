namespace Elsa.MLNet.Datasets;

/// <summary>Decides which part of a path to open.</summary>
static class Parts
{
    /// <summary>Answers <see cref="DataPart.Train"/> or <see cref="DataPart.Test"/>.</summary>
    /// <exception cref="InvalidDataException">The part asked for is not there, or none was asked for and both
    /// are.</exception>
    public static DataPart Choose(DataPart asked, bool hasTrain, bool hasTest, string path)
    {
        if (!Enum.IsDefined(asked))
            throw new ArgumentOutOfRangeException(nameof(asked), asked, "The part must be Only, Train or Test.");
        return asked switch
        {
            DataPart.Only when hasTrain && hasTest => throw new InvalidDataException(
                $"'{path}' holds a training and a test part. Ask for DataPart.Train or DataPart.Test."),
            DataPart.Train when !hasTrain => throw new InvalidDataException($"'{path}' holds no training part."),
            DataPart.Test when !hasTest => throw new InvalidDataException($"'{path}' holds no test part."),
            DataPart.Only => hasTest ? DataPart.Test : DataPart.Train,
            _ => asked,
        };
    }
}
