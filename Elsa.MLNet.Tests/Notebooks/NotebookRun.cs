using System.Collections.Immutable;
using Elsa.MLNet.Datasets;
using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.DotNet.Interactive.Formatting;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Quickstart.Network;

namespace Elsa.MLNet.Tests.Notebooks;

/// <summary>What a cell showed, by MIME type.</summary>
public sealed record Shown(IReadOnlyDictionary<string, string> Forms);

/// <summary>The verb by which cells of .NET notebooks show a value; here it keeps what would be shown.</summary>
public static class Notebook
{
    public static List<Shown> Output { get; } = [];

    /// <summary>Shows a value in the form that notebooks prefer for it, and as text.</summary>
    public static void Display(this object value)
    {
        var forms = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["text/plain"] = value.ToDisplayString("text/plain") };
        if (value is not string)
            foreach (var type in Formatter.GetPreferredMimeTypesFor(value.GetType())) forms[type] = value.ToDisplayString(type);
        Output.Add(new Shown(forms));
    }
}

/// <summary>Runs cells one after another in the C# scripting engine, as the notebook's kernel does.</summary>
static class NotebookRun
{
    public static async Task<List<IReadOnlyList<Shown>>> Of(IEnumerable<Cell> cells)
    {
        Notebook.Output.Clear();
        var outputs = new List<IReadOnlyList<Shown>>();
        ScriptState<object>? state = null;
        foreach (var cell in cells)
        {
            var before = Notebook.Output.Count;
            if (cell.IsCode)
                state = state is null
                    ? await CSharpScript.RunAsync(cell.Source, Options)
                    : await state.ContinueWithAsync(cell.Source, Options);
            outputs.Add(Notebook.Output[before..]);
        }
        return outputs;
    }

    // Once for all cells: an assembly that is loaded in between would count as another one than the file that #r names.
    static readonly ScriptOptions Options = ScriptOptions.Default
        // A kernel imports these by itself.
        .WithImports("System", "System.Collections.Generic", "System.IO", "System.Linq", typeof(Notebook).Namespace!)
        .WithReferences(AppDomain.CurrentDomain.GetAssemblies().Where(assembly => !assembly.IsDynamic && assembly.Location.Length > 0)
            .Union(Used.Select(type => type.Assembly)))
        .WithMetadataResolver(new Libraries());

    static Type[] Used =>
    [
        typeof(ElsaTransformer), typeof(ParentModel), typeof(DrawnDigits), typeof(RandomNetwork), typeof(IMessage), typeof(MLContext),
        typeof(IDataView), typeof(IHost), typeof(KeyDataViewType), typeof(Formatter),
    ];

    /// <summary>Takes what <c>#r</c> names from the tests' own folder: packages are there already, and the network is compiled
    /// into the tests.</summary>
    sealed class Libraries : MetadataReferenceResolver
    {
        public override ImmutableArray<PortableExecutableReference> ResolveReference(
            string reference, string? baseFilePath, MetadataReferenceProperties properties)
        {
            var path = reference.StartsWith("nuget:", StringComparison.Ordinal) ? typeof(object).Assembly.Location
                : Path.GetFileName(reference) == "Quickstart.Network.dll" ? typeof(RandomNetwork).Assembly.Location
                : Path.Combine(AppContext.BaseDirectory, Path.GetFileName(reference));
            return File.Exists(path) ? [MetadataReference.CreateFromFile(path, properties)] : [];
        }

        public override bool Equals(object? other) => other is Libraries;

        public override int GetHashCode() => 1;
    }
}
