using System.Globalization;

namespace Elsa.MLNet;

/// <summary>
/// A share of rows with its 95 % confidence interval, by Wilson's score (Wilson 1927): with p = Count / Rows, n = Rows and
/// z = 1.96 the bounds are (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n).
/// </summary>
public readonly record struct ElsaShare
{
    // The 97.5 % quantile of the normal distribution.
    private const double Z = 1.959963984540054;

    /// <summary>Counts.</summary>
    /// <param name="count">Rows for which it holds.</param>
    /// <param name="rows">All rows, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no rows, or more hold than there are.</exception>
    public ElsaShare(int count, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, rows);
        (Count, Rows) = (count, rows);
    }

    /// <summary>Rows for which it holds.</summary>
    public int Count { get; }

    /// <summary>All rows.</summary>
    public int Rows { get; }

    /// <summary>The share, 0..1.</summary>
    public double Value => (double)Count / Rows;

    /// <summary>Lower bound of the 95 % confidence interval, 0..1.</summary>
    public double Lower => Count == 0 ? 0 : Centre - HalfWidth;

    /// <summary>Upper bound of the 95 % confidence interval, 0..1.</summary>
    public double Upper => Count == Rows ? 1 : Centre + HalfWidth;

    private double Shrinkage => 1 + Z * Z / Rows;

    private double Centre => (Value + Z * Z / (2 * Rows)) / Shrinkage;

    private double HalfWidth =>
        Z * Math.Sqrt(Value * (1 - Value) / Rows + Z * Z / (4.0 * Rows * Rows)) / Shrinkage;

    /// <summary>For example <c>98.25 % (97.58 to 98.74)</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{100 * Value:0.00} % ({100 * Lower:0.00} to {100 * Upper:0.00})");
}
