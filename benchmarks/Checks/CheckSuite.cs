using Elsa.MLNet.Benchmarks.Foundation;
using Elsa.MLNet.Benchmarks.Plugin;
using Elsa.MLNet.Benchmarks.Sparse;
using Elsa.MLNet.Benchmarks.Training;

namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>Rows that are measured together.</summary>
/// <param name="Name">Name of the command and of the file with the result.</param>
/// <param name="Title">Heading of the table.</param>
/// <param name="Description">What the figures are about.</param>
/// <param name="Checks">The rows.</param>
sealed record CheckSuite(string Name, string Title, string Description, IReadOnlyList<ICheck> Checks)
{
    public static IReadOnlyList<CheckSuite> All { get; } =
    [
        new("foundation", "Foundation", "The figures that everything else rests on.", FoundationChecks.All),
        new("training", "Training", "What training inside ONNX Runtime reaches and costs.", TrainingChecks.All),
        new("sparse", "Sparse kernels", "How much faster sparse levels run than dense ones.", SparseChecks.All),
        new("plugin", "Plug-in", "What ML.NET users meet: speed, saving, providers, policies.", PluginChecks.All),
    ];
}
