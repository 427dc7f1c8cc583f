using Google.Protobuf;
using Microsoft.ML;
using Onnx;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
public sealed class TrainingBenefitTests
{
    static readonly Lazy<ModelProto> Dense = new(TrainFromRandomWeights);

    readonly MLContext _context = new(1);
    readonly List<TrainingTask.Row> _unseen = TrainingTask.Points(1000, seed: 99);

    static ElsaSparsifyOptions FromRandomWeights => TrainingTask.Options() with
    {
        Sparsities = [],
        Training = TrainingTask.Options().Training! with { Epochs = 8 },
    };

    static ModelProto TrainFromRandomWeights()
    {
        using var elsa = TrainingTask.Fit(new MLContext(1), FromRandomWeights);
        return elsa.Parent.Extract(0);
    }

    [TestMethod]
    public void Without_sparsities_the_dense_model_alone_is_trained_from_random_weights()
    {
        using var elsa = TrainingTask.Fit(_context, FromRandomWeights);
        Assert.AreEqual("dense", elsa.Levels.Single().Name);
        Assert.HasCount(0, elsa.Parent.SideParameterNames);
        Assert.IsLessThan(0.6, TrainingTask.Accuracy(SmallNetwork.Make(normalized: true), _unseen));
        Assert.IsGreaterThan(0.95, TrainingTask.Accuracy(elsa.Parent.Extract(0), _unseen));
        Assert.IsTrue(elsa.Parent.Verify().IsValid);
    }

    [TestMethod]
    public void A_trained_sparse_level_is_clearly_better_than_the_same_without_training()
    {
        var options = TrainingTask.Options(Dense.Value) with { Sparsities = [0.9] };
        options = options with { Training = options.Training! with { Epochs = 6 } };
        using var untrained = TrainingTask.Fit(_context, options with { Training = null });
        using var trained = TrainingTask.Fit(_context, options);
        var (before, after) = (TrainingTask.Accuracy(untrained.Parent.Extract(1), _unseen), TrainingTask.Accuracy(trained.Parent.Extract(1), _unseen));
        Assert.IsGreaterThan(before + 0.08, after);
        Assert.IsGreaterThan(0.9, TrainingTask.Accuracy(trained.Parent.Extract(0), _unseen));
    }

    [TestMethod]
    public void Distillation_without_labels_brings_a_sparse_level_near_the_dense_model()
    {
        var options = TrainingTask.Options(Dense.Value) with { Sparsities = [0.9], LabelColumnName = null };
        options = options with { Training = options.Training! with { Loss = ElsaLoss.DistillationOfClasses(), Epochs = 6 } };
        using var untrained = TrainingTask.Fit(_context, options with { Training = null });
        using var trained = TrainingTask.Fit(_context, options);
        var dense = TrainingTask.Classes(Dense.Value, _unseen);
        var (before, after) = (Agreement(untrained), Agreement(trained));
        Assert.IsGreaterThan(before + 0.08, after);
        Assert.IsGreaterThan(0.85, after);

        double Agreement(ElsaTransformer elsa) =>
            TrainingTask.Classes(elsa.Parent.Extract(1), _unseen).Zip(dense, (a, b) => a == b ? 1.0 : 0).Average();
    }

    [TestMethod]
    public void Losses_of_two_outputs_both_fall()
    {
        var model = WithValueOutput();
        var options = TrainingTask.Options(model) with { OnnxOutputName = "y" };
        options = options with
        {
            Training = options.Training! with
            {
                Epochs = 4,
                OutputLosses =
                [
                    new ElsaOutputLoss { Loss = ElsaLoss.CrossEntropy },
                    new ElsaOutputLoss { Loss = ElsaLoss.MeanSquaredError, OnnxOutputName = "z", LabelColumnName = "Value", Weight = 0.5 },
                ],
            },
        };
        using var elsa = TrainingTask.Fit(_context, options);
        foreach (var level in (int[])[0, 1])
        {
            var trained = elsa.Parent.Extract(level);
            Assert.IsGreaterThan(0.85, TrainingTask.Accuracy(trained, _unseen));
            Assert.IsLessThan(0.5 * Error(model), Error(trained));
        }

        double Error(ModelProto any) => TrainingTask.Plain(any, [.. _unseen.Select(row => row.Features)], "z")
            .Zip(_unseen, (found, row) => Math.Pow(found - row.Value, 2)).Average();
    }

    [TestMethod]
    public void An_ONNX_loss_trains_as_the_built_in_one_of_the_same_formula()
    {
        var options = TrainingTask.Options(SmallNetwork.Make()) with { LabelColumnName = "Target" };
        using var own = TrainingTask.Fit(_context, With(ElsaLoss.FromOnnx(MeanSquaredError().ToByteArray(), "mine")));
        using var builtIn = TrainingTask.Fit(_context, With(ElsaLoss.MeanSquaredError));
        Assert.AreEqual("mine", own.Parent.Fit.Training!["loss"]);
        foreach (var level in own.Levels)
            foreach (var name in (string[])["w1", "b1", "w2", "b2"])
            {
                var expected = TrainingTask.Numbers(builtIn.Parent.Extract(level.Index), name);
                var found = TrainingTask.Numbers(own.Parent.Extract(level.Index), name);
                for (var index = 0; index < found.Length; index++) Assert.AreEqual(expected[index], found[index], 1e-4f);
            }

        ElsaSparsifyOptions With(ElsaLoss loss) => options with { Training = options.Training! with { Loss = loss } };
    }

    /// <summary>The small network with a second output of one value.</summary>
    static ModelProto WithValueOutput()
    {
        var model = SmallNetwork.Make();
        var weights = model.Graph.Initializer.Single(tensor => tensor.Name == "w2").Clone();
        weights.Name = "w3";
        weights.Dims[1] = 1;
        weights.RawData = ByteString.CopyFrom(weights.RawData.Span[..(SmallNetwork.Hidden * sizeof(float))]);
        model.Graph.Initializer.Add(weights);
        model.Graph.Node.Add(new NodeProto { OpType = "MatMul", Name = "z", Input = { "h3", "w3" }, Output = { "z" } });
        var output = model.Graph.Output[0].Clone();
        output.Name = "z";
        output.Type.TensorType.Shape.Dim[1].DimValue = 1;
        model.Graph.Output.Add(output);
        return model;
    }

    static ModelProto MeanSquaredError()
    {
        var model = SmallNetwork.Make();
        var graph = model.Graph;
        var label = graph.Output[0].Clone();
        label.Name = "truth";
        graph.Input.Clear();
        graph.Input.Add([graph.Output[0].Clone(), label]);
        graph.Initializer.Clear();
        graph.Node.Clear();
        graph.Node.Add(new NodeProto { OpType = "Sub", Input = { "y", "truth" }, Output = { "d" } });
        graph.Node.Add(new NodeProto { OpType = "Mul", Input = { "d", "d" }, Output = { "s" } });
        var scalar = new AttributeProto { Name = "keepdims", Type = AttributeProto.Types.AttributeType.Int, I = 0 };
        graph.Node.Add(new NodeProto { OpType = "ReduceMean", Input = { "s" }, Output = { "loss" }, Attribute = { scalar } });
        graph.Output[0].Name = "loss";
        graph.Output[0].Type.TensorType.Shape.Dim.Clear();
        return model;
    }
}
