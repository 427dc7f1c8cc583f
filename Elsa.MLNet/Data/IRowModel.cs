using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>A model as the data layer sees it: it turns the values of a row into other values.</summary>
internal interface IRowModel
{
    /// <summary>What rows of these columns, one per input, bring to the model.</summary>
    /// <exception cref="ArgumentException">A column's type does not fit its input.</exception>
    RowInputs Bind(IReadOnlyList<InputColumn> columns);

    /// <summary>Per output the type of its column. Runs the model only if it does not declare it.</summary>
    /// <exception cref="ArgumentException">An output is not what its column is to be.</exception>
    IReadOnlyList<DataViewType> OutputTypes(RowInputs inputs);

    /// <summary>
    /// Loads the model if it is not loaded yet, with buffers for at most <paramref name="batchSize"/> rows.
    /// </summary>
    IBatchScorer Open(RowInputs inputs, int batchSize);
}
