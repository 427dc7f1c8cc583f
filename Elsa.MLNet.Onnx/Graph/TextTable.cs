using System.Text;

namespace Elsa.MLNet.Onnx;

/// <summary>A titled table in plain text, its columns aligned.</summary>
internal static class TextTable
{
    public static void Append(StringBuilder text, string title, string[] header, IEnumerable<string[]> rows)
    {
        string[][] lines = [header, .. rows];
        if (text.Length > 0) text.Append('\n');
        text.Append(title).Append(" (").Append(lines.Length - 1).Append(")\n");
        if (lines.Length == 1) return;
        var widths = header.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
            text.Append("  ").Append(string.Join("  ", line.Zip(widths, (cell, width) => cell.PadRight(width))).TrimEnd()).Append('\n');
    }
}
