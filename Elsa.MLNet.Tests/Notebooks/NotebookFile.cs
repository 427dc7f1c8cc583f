using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Elsa.MLNet.Tests.Notebooks;

/// <summary>The notebook as a file: nbformat 4.5, which Jupyter and editors read.</summary>
static class NotebookFile
{
    static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes cells with what each showed.</summary>
    public static void Write(string path, IReadOnlyList<Cell> cells, IReadOnlyList<IReadOnlyList<Shown>> outputs)
    {
        var notebook = new JsonObject
        {
            ["cells"] = new JsonArray([.. cells.Select((cell, index) => (JsonNode)Json(cell, index, outputs[index]))]),
            ["metadata"] = new JsonObject
            {
                ["kernelspec"] = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" },
                ["language_info"] = new JsonObject { ["name"] = "C#", ["file_extension"] = ".cs", ["mimetype"] = "text/x-csharp" },
            },
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
        };
        File.WriteAllText(path, notebook.ToJsonString(Readable).ReplaceLineEndings("\n") + "\n");
    }

    public static List<(Cell Cell, JsonArray Outputs)> Read(string path) => [.. JsonNode.Parse(File.ReadAllText(path))!["cells"]!.AsArray()
        .Select(cell => (
            new Cell((string)cell!["cell_type"]! == "code", string.Concat(cell["source"]!.AsArray().Select(line => (string)line!))),
            cell["outputs"]?.AsArray() ?? []))];

    static JsonObject Json(Cell cell, int index, IReadOnlyList<Shown> outputs)
    {
        var json = new JsonObject
        {
            ["cell_type"] = cell.IsCode ? "code" : "markdown",
            ["id"] = $"cell-{index}",
            ["metadata"] = new JsonObject(),
            ["source"] = Lines(cell.Source),
        };
        if (!cell.IsCode) return json;
        // Text and code take turns.
        json["execution_count"] = (index + 1) / 2;
        json["outputs"] = new JsonArray([.. outputs.Select(shown => (JsonNode)new JsonObject
        {
            ["output_type"] = "display_data",
            ["data"] = new JsonObject(shown.Forms.Select(form => KeyValuePair.Create(form.Key, (JsonNode?)Lines(form.Value)))),
            ["metadata"] = new JsonObject(),
        })]);
        return json;
    }

    static JsonArray Lines(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        return [.. lines.Select((line, index) => (JsonNode)JsonValue.Create(index < lines.Length - 1 ? line + "\n" : line))];
    }
}
