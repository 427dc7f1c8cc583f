namespace Elsa.MLNet.Scoring;

/// <summary>What running a level on a few rows told about how rows get through.</summary>
/// <param name="Batching">How.</param>
/// <param name="Reason">Why rows go one by one; empty otherwise.</param>
/// <param name="RowShapes">Per output its shape when one row is scored; none if it is no tensor.</param>
internal sealed record LevelOpening(Batching Batching, string Reason, IReadOnlyList<long[]> RowShapes);
