using Elsa.MLNet.Reporting;
using Microsoft.ML;

namespace Elsa.MLNet;

/// <summary>
/// What every level of a parent costs and what it saves: sparsity, size, accuracy with its confidence interval, speed on
/// this machine, and the rows that change class. Shows itself as a table and plots in notebooks. Immutable.
/// </summary>
[TypeFormatterSource(typeof(ReportFormatters), PreferredMimeTypes = ["text/html"])]
public sealed class ElsaReport
{
    internal ElsaReport(
        IReadOnlyList<ElsaLevelReport> levels, long parentBytes, int rows, IReadOnlyList<string> classNames, string setting) =>
        (Levels, ParentBytes, Rows, ClassNames, Setting) = (levels, parentBytes, rows, classNames, setting);

    /// <summary>The levels, dense first and sparsest last.</summary>
    public IReadOnlyList<ElsaLevelReport> Levels { get; }

    /// <summary>Bytes of the parent, the one file with all levels.</summary>
    public long ParentBytes { get; }

    /// <summary>Held-out rows that were scored; 0 without held-out data.</summary>
    public int Rows { get; }

    /// <summary>Names of the classes: the key values of the label column, else numbers from 0; empty without held-out
    /// data, or if the score is a number and no class.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Where speed was measured: machine, versions, provider, threads, rows per batch.</summary>
    public string Setting { get; }

    /// <summary>Measures the levels of a transformer.</summary>
    /// <param name="transformer">Its levels are scored as it is set to run them; it stays usable.</param>
    /// <param name="heldOut">Rows that no level was trained on, with the transformer's input column; null reports what
    /// the parent's manifest knows, without speed and flips.</param>
    /// <param name="options">Label column, rows and time; null for the defaults.</param>
    /// <exception cref="ArgumentException">A column is missing or does not fit, a label is not a class of the network, or
    /// there are no rows.</exception>
    /// <exception cref="InvalidOperationException">The transformer has no parent.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static ElsaReport Of(ElsaTransformer transformer, IDataView? heldOut = null, ElsaReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        return ReportMeasurement.Of(transformer, heldOut, options ?? new ElsaReportOptions());
    }

    /// <summary>The report as one HTML page that needs no other file and no script: a table, plots as SVG, and which classes
    /// change into which.</summary>
    public string ToHtml() => ReportHtml.Page(this);

    /// <summary>The report as a table in plain text.</summary>
    public override string ToString() => ReportText.Of(this);
}
