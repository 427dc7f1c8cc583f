namespace Elsa.MLNet.Reporting;

/// <summary>
/// .NET notebooks know this attribute by its name and its properties' names, so that a library shows its objects without a
/// reference to theirs.
/// </summary>
/// <param name="formatterSourceType">A class with <c>CreateTypeFormatters()</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    public string[] PreferredMimeTypes { get; set; } = [];
}
