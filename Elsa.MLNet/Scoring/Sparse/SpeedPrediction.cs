using System.Diagnostics;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Operators;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>Times the layers of levels that are not trained yet.</summary>
/// <param name="model">The dense model.</param>
/// <param name="masks">Masks that the levels may have.</param>
/// <param name="names">Names of the sparse levels.</param>
internal sealed class SpeedPrediction(MaskableModel model, NestedMasks masks, IReadOnlyList<string> names)
{
    /// <summary>Times layer after layer until the budget is spent, as the parts of a batch will run them.</summary>
    /// <exception cref="ArgumentException">The model cannot be run on rows.</exception>
    public IReadOnlyList<ElsaLayerSpeed> Run(int batch, ElsaExecutionOptions execution, TimeSpan budget)
    {
        var parent = ParentModel.Create(model, new ParentContent
        {
            Masks = masks,
            LevelNames = names,
            Fit = new ElsaFit { Method = "none", Importance = "any", Allocation = "any" },
        });
        var levels = new ParentLevels(parent);
        using var packs = new LevelPacks(levels);
        var clock = Stopwatch.StartNew();
        var speeds = new List<ElsaLayerSpeed>();
        var (opened, shapes, division) = Shapes(parent.Extract(0), batch, execution);
        bool hasBatch = division is not null;
        var ofPart = division?.OfPart(execution) ?? execution;
        int rows = division?.RowsOfPart(batch) ?? 2;
        for (int level = 1; level < levels.LevelCount; level++)
        {
            var extracted = hasBatch ? FreeBatch.Apply(parent.Extract(level), opened) : parent.Extract(level);
            var layers = shapes is null ? [] : LayerLowering.Find(extracted, masks.TensorNames, shapes.Shapes);
            foreach (var layer in layers)
            {
                int at = level;
                var (speedUp, reason) = Time(layer, shapes!, rows, extracted, ofPart, clock, budget,
                    (alone, found) => LayerLowering.Apply(
                        alone, [found], at, ofPart.IntraOpNumThreads ?? Environment.ProcessorCount, packs.Handle,
                        isTiled: false));
                var map = masks[layer.Weight];
                speeds.Add(new ElsaLayerSpeed(
                    names[level - 1], layer.Name, layer.Operator, 1 - (double)map.KeptCount(level) / map.Length, speedUp,
                    reason));
            }
        }
        return speeds;
    }

    private static (double? SpeedUp, string Reason) Time(
        MaskedLayer layer, ShapeSample shapes, int rows, ModelProto level, ElsaExecutionOptions execution, Stopwatch clock,
        TimeSpan budget, Func<ModelProto, MaskedLayer, ModelProto> lower)
    {
        if (layer.Reason is { } reason)
            return (null, reason);
        if (ElsaOperators.SparseAvailability is { } unavailable)
            return (null, unavailable);
        if (clock.Elapsed > budget)
            return (null, "not timed, because the time for it was over");
        var sizes = layer.Values.ToDictionary(name => name, name => shapes.For(name, rows));
        if (sizes.Values.Any(size => size is null))
            return (null, "its shapes are not known");
        List<MaskedLayer> ways = [.. layer.Ways(1)];
        var (_, speedUps) = LayerTiming.Measure(level, ways, sizes!, lower, execution, TimeSpan.FromMilliseconds(5));
        // The layer is compared with the fastest way of computing it without use of its zeros.
        return (speedUps[0] / speedUps.Skip(1).Append(1).Max(), "");
    }

    /// <summary>The inputs that are opened to several rows, the shapes of a run, and how batches are divided; null if rows
    /// go one by one.</summary>
    private static (string[] Opened, ShapeSample? Shapes, BatchDivision? Division) Shapes(
        ModelProto dense, int batch, ElsaExecutionOptions execution)
    {
        var signature = ModelSignature.Of(dense, null, dense.Graph.Output[0].Name);
        var row = signature.Declared ?? throw new ArgumentException(
            $"The model's input {signature.Input} is not floating-point or leaves the size of a row open, so its layers " +
            "cannot be timed. Declare the input's shape in the model.", nameof(dense));
        using var session = LevelSession.Load(dense, signature, row, execution);
        bool hasBatch = session.Batching != Batching.RowByRow;
        string[] names = [signature.Input.Name];
        using var input = new TensorBuffer(
            signature.Input.ElementType, session.InputDimensions[0], hasBatch, capacity: 1);
        input.Row<float>(0).Clear();
        input.Encode(1);
        OrtValue[] inputs = [input.Tensor(1)];
        var shapes = ShapeSample.TryTake(hasBatch ? FreeBatch.Apply(dense, names) : dense, names, inputs, hasBatch);
        return (names, shapes, hasBatch
            ? BatchDivision.Of(batch, execution, signature, new ActivationSizes(dense.Graph).RowBytes(signature, row))
            : null);
    }
}
