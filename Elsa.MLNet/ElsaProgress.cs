namespace Elsa.MLNet;

/// <summary>How far a fit is.</summary>
/// <param name="Phase">What is done now: "read", "side parameters" or "measure".</param>
/// <param name="Level">Name of the level at work; empty while rows are read.</param>
/// <param name="Done">Steps done: levels, or rows while reading.</param>
/// <param name="Total">Steps in all; null if not known.</param>
public readonly record struct ElsaProgress(string Phase, string Level, long Done, long? Total);
