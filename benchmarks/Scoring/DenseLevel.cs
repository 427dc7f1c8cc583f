using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Microsoft.ML;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Scoring;

/// <summary>The dense level of a parent, as users score it.</summary>
static class DenseLevel
{
    /// <summary>Makes a parent of the network, with one sparse level by magnitude, and scores the dense one.</summary>
    public static ElsaTransformer Of(MLContext context, ModelProto network, int batch, string output, string input)
    {
        var model = MaskableModel.From(network);
        var parent = ParentModel.Create(model, new ParentContent
        {
            Masks = ElsaAllocation.Global.Masks(model, ElsaImportance.Magnitude, [0.9]),
            LevelNames = [ElsaLevel.NameOf(0.9)],
            Fit = new ElsaFit { Method = "none", Importance = "magnitude", Allocation = "global" },
        });
        return new ElsaTransformer(context, parent, new ElsaExecutionOptions { BatchSize = batch }, new ScoringColumns(output, input), 0);
    }
}
