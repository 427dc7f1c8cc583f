namespace Elsa.MLNet;

/// <summary>Rows per second of a level, over several passes through the same rows in memory.</summary>
/// <param name="RowsPerSecond">The median pass.</param>
/// <param name="Slowest">The slowest pass.</param>
/// <param name="Fastest">The fastest pass.</param>
/// <param name="Passes">How many passes were measured.</param>
public readonly record struct ElsaSpeed(double RowsPerSecond, double Slowest, double Fastest, int Passes);
