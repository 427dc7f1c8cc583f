using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>A network whose sparse levels have masks by magnitude, scored through <see cref="ElsaTransformer"/>.</summary>
sealed class SparseNetwork : IDisposable
{
    public static readonly double[] Sparsities = [0.8, 0.9, 0.95];

    readonly IDataView _rows;

    public SparseNetwork(NetworkCase network)
    {
        var dense = MaskableModel.From(network.Model());
        Parent = ParentModel.Create(dense, new ParentContent
        {
            Masks = network.Allocation.Masks(dense, ElsaImportance.Magnitude, Sparsities),
            LevelNames = [.. Sparsities.Select(ElsaLevel.NameOf)],
            Fit = new ElsaFit { Method = "none", Importance = "magnitude", Allocation = network.Allocation.Name },
        });
        var context = new MLContext(1);
        _rows = network.Rows(context);
        Execution = new ElsaExecutionOptions { BatchSize = network.Batch, IntraOpNumThreads = network.Threads };
        Fast = Open(Execution);
        Dense = Open(Execution with { SparseKernels = ElsaSparseKernels.Off });

        ElsaTransformer Open(ElsaExecutionOptions execution) => new(context, Parent, execution, new ScoringColumns("Score", "Features"), 0);
    }

    public ParentModel Parent { get; }

    public ElsaExecutionOptions Execution { get; }

    /// <summary>The dense level by ONNX Runtime's kernels alone.</summary>
    public ElsaTransformer Dense { get; }

    /// <summary>The dense level by the kernels that are fastest.</summary>
    public ElsaTransformer Fast { get; }

    /// <summary>Scores all rows.</summary>
    public void Score(ElsaTransformer transformer)
    {
        var view = transformer.Transform(_rows);
        var column = view.Schema["Score"];
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> score = default;
        while (cursor.MoveNext()) getter(ref score);
    }

    /// <summary>How a level's layers run; it scores rows for that.</summary>
    public IReadOnlyList<ElsaLayerExecution> LayersOf(int level)
    {
        using var fast = Fast.WithLevel(level);
        Score(fast);
        return fast.Execution;
    }

    public void Dispose()
    {
        Dense.Dispose();
        Fast.Dispose();
    }
}
