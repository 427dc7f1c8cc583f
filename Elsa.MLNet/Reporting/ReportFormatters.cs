namespace Elsa.MLNet.Reporting;

/// <summary>How a notebook shows an <see cref="ElsaReport"/>; found by <see cref="TypeFormatterSourceAttribute"/>.</summary>
internal sealed class ReportFormatters
{
#pragma warning disable CA1822 // Notebooks call it on an instance.
    public IEnumerable<object> CreateTypeFormatters() =>
#pragma warning restore CA1822
    [
        new Formatter("text/html", ReportHtml.Fragment),
        new Formatter("text/plain", ReportText.Of),
    ];

    /// <summary>One form; notebooks know it by the names of its members.</summary>
    private sealed class Formatter(string mimeType, Func<ElsaReport, string> form)
    {
        public string MimeType { get; } = mimeType;

        public bool Format(object instance, TextWriter writer)
        {
            if (instance is not ElsaReport report) return false;
            writer.Write(form(report));
            return true;
        }
    }
}
