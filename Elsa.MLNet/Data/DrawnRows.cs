namespace Elsa.MLNet.Data;

/// <summary>What one pass over the data gives: a sample of each side, and how many rows each side has.</summary>
/// <param name="Calibration">Sample of the rows that may be trained on.</param>
/// <param name="Evaluation">Sample of the rows held out.</param>
/// <param name="TrainingRowCount">Rows of the data that may be trained on.</param>
/// <param name="HeldOutRowCount">Rows of the data held out.</param>
internal sealed record DrawnRows(
    SampledRows Calibration, SampledRows Evaluation, long TrainingRowCount, long HeldOutRowCount);
