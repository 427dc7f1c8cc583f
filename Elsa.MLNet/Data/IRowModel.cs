namespace Elsa.MLNet.Data;

/// <summary>A model as the data layer sees it: it turns the numbers of a row into the numbers of a score.</summary>
internal interface IRowModel
{
    /// <summary>What the model wants, for messages: name, element type and shape of its input.</summary>
    string InputDescription { get; }

    /// <summary>Whether a row may have this many values.</summary>
    bool Accepts(int inputSize);

    /// <summary>
    /// Values of a score when a row has <paramref name="inputSize"/> values. Runs the model only if it does not declare
    /// it.
    /// </summary>
    int OutputSize(int inputSize);

    /// <summary>
    /// Loads the model if it is not loaded yet, with buffers for at most <paramref name="batchSize"/> rows.
    /// </summary>
    IBatchScorer Open(int inputSize, int batchSize);
}
