namespace Elsa.MLNet.Onnx;

/// <summary>A parent file is damaged, was changed, or is not a parent.</summary>
public sealed class ParentFormatException : Exception
{
    /// <summary>Makes the exception for a finding.</summary>
    public ParentFormatException(ParentFinding finding, Exception? inner = null)
        : base(finding?.ToString(), inner)
    {
        ArgumentNullException.ThrowIfNull(finding);
        Finding = finding;
    }

    internal ParentFormatException(ParentFormatError error, string where, string message, Exception? inner = null)
        : this(new ParentFinding(error, where, message), inner) { }

    /// <summary>What was found, and where.</summary>
    public ParentFinding Finding { get; }

    /// <summary>The kind of fault.</summary>
    public ParentFormatError Error => Finding.Error;
}

/// <summary>One fault of a parent or of an extracted level.</summary>
/// <param name="Error">Its kind.</param>
/// <param name="Where">The metadata entry, tensor or level concerned.</param>
/// <param name="Message">What was found, what is allowed and what to do.</param>
public sealed record ParentFinding(ParentFormatError Error, string Where, string Message)
{
    /// <summary>The fault as one sentence, with its kind in front.</summary>
    public override string ToString() => $"{Error}: {Message}";
}
