using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Microsoft.ML;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
public sealed class TrainingBadUseTests
{
    readonly MLContext _context = new(1);

    sealed class Progress : IProgress<ElsaProgress>
    {
        public HashSet<string> Phases { get; } = [];

        public void Report(ElsaProgress value) => Phases.Add(value.Phase);
    }

    static ElsaSparsifyOptions Options => TrainingTask.Options();

    static ElsaSparsifyOptions With(ElsaTraining training) => Options with { Training = training };

    static ElsaTraining Training => Options.Training!;

    void Throws<T>(ElsaSparsifyOptions options, params string[] parts) where T : Exception => Throws<T>(options, TrainingTask.Rows(_context, 100), parts);

    void Throws<T>(ElsaSparsifyOptions options, IDataView rows, params string[] parts) where T : Exception
    {
        var error = Assert.Throws<T>(() => _context.Transforms.ElsaSparsify(options).Fit(rows));
        foreach (var part in parts) StringAssert.Contains(error.Message, part);
    }

    [TestMethod]
    public void A_loss_that_needs_labels_needs_a_label_column()
    {
        Throws<ArgumentException>(Options with { LabelColumnName = null }, "'cross-entropy' needs labels", "LabelColumnName is not set", "ElsaLoss.Distillation");
        Throws<ArgumentException>(Options with { LabelColumnName = "Truth" }, "no label column 'Truth'", "Features, Label");
        Throws<ArgumentException>(With(Training with { OutputLosses = [new() { Loss = ElsaLoss.CrossEntropy, LabelColumnName = "Truth" }] }), "no label column 'Truth'");
    }

    [TestMethod]
    public void A_label_outside_the_classes_and_a_missing_key_are_refused_with_their_row()
    {
        var points = TrainingTask.Points(100);
        points[17].Label = 3;
        points[17].Key = SmallNetwork.Classes;
        var rows = _context.Data.LoadFromEnumerable(points);
        var options = Options with { HoldOutFraction = 0 };
        Throws<ArgumentException>(options, rows, "Label column 'Label' is 3 in row 17", "0 to 2");
        Throws<ArgumentException>(options with { LabelColumnName = "Key" }, rows, "Label column 'Key' has no value in row 17", "0 to 2", "MapValueToKey");
    }

    /// <summary>Held-out rows are read first, and measured only after hours of training.</summary>
    [TestMethod]
    public void What_is_wrong_with_a_held_out_row_is_said_before_training()
    {
        var trained = new Progress();
        var options = Options with { HoldOutFraction = 0.5, Progress = trained };
        var heldOut = Enumerable.Range(0, 100).First(row => new HoldOut(options.Seed, 0.5).Contains(row));
        foreach (var value in new[] { float.NaN, float.NegativeInfinity })
            Throws<ArgumentException>(options, Rows(point => point.Features[3] = value), $"Value 3 of column 'Features' in row {heldOut} is {(float.IsNaN(value) ? "NaN" : "-Infinity")}", "FilterRowsByMissingValues");
        Throws<ArgumentException>(options, Rows(point => point.Label = 3), $"Label column 'Label' is 3 in row {heldOut}", "0 to 2");
        Throws<ArgumentException>(options with { LabelColumnName = "Key" }, Rows(point => point.Key = SmallNetwork.Classes), $"Label column 'Key' has no value in row {heldOut}");
        Assert.IsFalse(trained.Phases.Contains("train"), string.Join(", ", trained.Phases));
        Throws<ArgumentException>(options with { Training = null }, Rows(point => point.Features[3] = float.NaN), $"Value 3 of column 'Features' in row {heldOut} is NaN");

        IDataView Rows(Action<TrainingTask.Row> spoil)
        {
            var points = TrainingTask.Points(100);
            spoil(points[heldOut]);
            return _context.Data.LoadFromEnumerable(points);
        }
    }

    [TestMethod]
    public void A_weight_that_is_not_finite_is_named_before_training()
    {
        var model = SmallNetwork.Make();
        var values = TrainingTask.Numbers(model, "w1");
        values[5] = float.NaN;
        model.Graph.Initializer.Single(tensor => tensor.Name == "w1").RawData =
            ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values));
        Throws<ArgumentException>(TrainingTask.Options(model), "Weight 5 of 'w1' is not a finite number");
    }

    [TestMethod]
    public void Keys_train_as_the_classes_that_they_number()
    {
        using var keys = TrainingTask.Fit(_context, Options with { LabelColumnName = "Key" }, 200);
        using var numbers = TrainingTask.Fit(_context, Options, 200);
        Assert.AreEqual(numbers.Parent.Extract(0), keys.Parent.Extract(0));
        Assert.AreEqual(numbers.Levels[1].Metrics["accuracy"], keys.Levels[1].Metrics["accuracy"]);
    }

    [TestMethod]
    public void A_label_vector_of_another_size_than_the_output_is_refused()
    {
        Throws<ArgumentException>(Options with
        {
            LabelColumnName = "Features",
            HoldOutFraction = 0,
            Training = Training with { Loss = ElsaLoss.MeanSquaredError },
        }, "column 'Features' has 12 values and the output has 3");
        Throws<ArgumentException>(Options with { LabelColumnName = "Target", HoldOutFraction = 0 }, "'Target'", "one class a row");
    }

    [TestMethod]
    public void A_loss_that_does_not_fit_its_output_is_refused()
    {
        Throws<ArgumentException>(With(Training with { OutputLosses = [new() { Loss = ElsaLoss.CrossEntropy, OnnxOutputName = "z" }] }),
            "no output 'z'", "'cross-entropy'", "'y'");
        Throws<ArgumentException>(With(Training with { OutputLosses = [new() { Loss = ElsaLoss.CrossEntropy, Weight = double.NaN }] }), "weight of a loss is NaN");
    }

    [TestMethod]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    [DataRow(0.0)]
    [DataRow(-0.1)]
    public void A_learning_rate_that_is_not_finite_and_above_0_is_refused(double rate)
    {
        foreach (var make in (Func<double, ElsaLearningRate>[])[ElsaLearningRate.Constant, start => ElsaLearningRate.Cosine(start)])
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => make(rate)).Message, "finite float32 numbers above 0");
    }

    [TestMethod]
    public void Numbers_of_training_out_of_range_are_refused()
    {
        Throws<ArgumentException>(With(Training with { BatchSize = 0 }), "BatchSize is 0");
        Throws<ArgumentException>(With(Training with { Epochs = 0 }), "Epochs is 0");
        Throws<ArgumentException>(With(Training with { ShufflePoolRows = 0 }), "ShufflePoolRows is 0");
        Throws<ArgumentException>(With(Training with { MaximumGradientNorm = double.NaN }), "MaximumGradientNorm is NaN");
    }

    [TestMethod]
    public void Nothing_to_train_is_refused() =>
        Throws<ArgumentException>(Options with { Sparsities = [], Training = Training with { KeepDense = true } }, "KeepDense", "Sparsities is empty");

    [TestMethod]
    public void A_batch_larger_than_the_data_is_all_of_it()
    {
        var steps = 0;
        using var elsa = TrainingTask.Fit(_context, Options with
        {
            Training = Training with { BatchSize = 1000, Epochs = 3 },
            Progress = new TrainingTask.Immediate(report => steps += report is { Phase: "train", Metric: null } ? 1 : 0),
        }, 100);
        Assert.AreEqual(3 * 3, steps);
    }

    [TestMethod]
    public void Data_of_which_every_row_is_held_out_is_refused() =>
        Throws<ArgumentException>(Options with { HoldOutFraction = 0.999 }, TrainingTask.Rows(_context, 2), "No row is left to train on", "HoldOutFraction");

    [TestMethod]
    [DataRow("Hardmax")]
    [DataRow("CumSum")]
    public void An_operator_without_a_rule_is_named_with_its_node_and_a_weight_behind_it(string operatorType)
    {
        var model = SmallNetwork.Make();
        var relu = model.Graph.Node.Single(node => node.OpType == "Relu");
        (relu.OpType, relu.Name) = (operatorType, "odd one");
        if (operatorType == "CumSum")
        {
            model.Graph.Initializer.Add(new TensorProto { Name = "axis", DataType = (int)DataType.Int64, Int64Data = { 1 } });
            relu.Input.Add("axis");
        }
        Throws<NotSupportedException>(Options with { ModelBytes = model.ToByteArray() }, relu.OpType, "'odd one'", "'w1'");
    }

    [TestMethod]
    public void Weights_of_16_bits_are_refused()
    {
        var model = SmallNetwork.Make();
        foreach (var tensor in model.Graph.Initializer)
        {
            var halves = TrainingTask.Numbers(model, tensor.Name).Select(value => (Half)value).ToArray();
            tensor.DataType = (int)DataType.Float16;
            tensor.RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(halves.AsSpan()));
        }
        model.Graph.Node.Insert(0, new NodeProto { OpType = "Cast", Input = { "x" }, Output = { "x16" }, Attribute = { To(DataType.Float16) } });
        model.Graph.Node[1].Input[0] = "x16";
        model.Graph.Node[^1].Output[0] = "y16";
        model.Graph.Node.Add(new NodeProto { OpType = "Cast", Input = { "y16" }, Output = { "y" }, Attribute = { To(DataType.Float) } });
        Throws<ArgumentException>(Options with { ModelBytes = model.ToByteArray() }, "'w1' is float16", "float32", "MaskableSelection.Exclude");

        static AttributeProto To(DataType type) => new() { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (int)type };
    }

    [TestMethod]
    public void Weights_in_a_subgraph_are_refused()
    {
        var model = SmallNetwork.Make();
        var last = model.Graph.Node[^1];
        model.Graph.Node.Remove(last);
        var branch = new GraphProto { Name = "branch" };
        foreach (var name in (string[])["w2", "b2"])
        {
            var tensor = model.Graph.Initializer.Single(candidate => candidate.Name == name);
            model.Graph.Initializer.Remove(tensor);
            branch.Initializer.Add(tensor);
        }
        last.Output[0] = "inner";
        branch.Node.Add(last);
        branch.Output.Add(new ValueInfoProto { Name = "inner", Type = model.Graph.Output[0].Type.Clone() });
        var other = branch.Clone();
        foreach (var name in (string[])["w2", "b2"])
        {
            var tensor = other.Initializer.Single(candidate => candidate.Name == name);
            tensor.Name += "else";
            other.Node[0].Input[name == "w2" ? 1 : 2] = tensor.Name;
        }
        other.Node[0].Output[0] = other.Output[0].Name = "innerelse";
        model.Graph.Initializer.Add(new TensorProto { Name = "yes", DataType = (int)DataType.Bool, Int32Data = { 1 } });
        model.Graph.Node.Add(new NodeProto
        {
            OpType = "If",
            Name = "choice",
            Input = { "yes" },
            Output = { "y" },
            Attribute = { Branch("then_branch", branch), Branch("else_branch", other) },
        });
        Throws<ArgumentException>(Options with { ModelBytes = model.ToByteArray() }, "lies in a subgraph", "MaskableSelection.Exclude");

        static AttributeProto Branch(string name, GraphProto graph) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Graph, G = graph };
    }

    [TestMethod]
    public void A_branch_that_reads_a_trained_value_is_refused_rather_than_left_untrained()
    {
        var model = SmallNetwork.Make();
        var relu = model.Graph.Node.Single(node => node.OpType == "Relu");
        var branch = new NodeProto { OpType = "If", Name = "choose", Input = { "always" }, Output = { relu.Output[0] } };
        foreach (var (name, type) in ((string, string)[])[("then_branch", "Relu"), ("else_branch", "Neg")])
        {
            var graph = new GraphProto { Name = name };
            graph.Node.Add(new NodeProto { OpType = type, Input = { relu.Input[0] }, Output = { name } });
            graph.Output.Add(new ValueInfoProto { Name = name });
            branch.Attribute.Add(new AttributeProto
            {
                Name = name,
                Type = AttributeProto.Types.AttributeType.Graph,
                G = graph,
            });
        }
        model.Graph.Node[model.Graph.Node.IndexOf(relu)] = branch;
        model.Graph.Initializer.Add(new TensorProto
        {
            Name = "always",
            DataType = (int)DataType.Bool,
            RawData = ByteString.CopyFrom(1),
        });
        Throws<NotSupportedException>(TrainingTask.Options(model), "operator If of node 'choose'", "trained weight 'w1'");
        using var excluded = TrainingTask.Fit(_context,
            TrainingTask.Options(model) with { Maskable = new MaskableSelection { Exclude = ["w1", "b1"] } }, 100);
        Assert.AreSequenceEqual(TrainingTask.Raw(model, "b1"), TrainingTask.Raw(excluded.Parent.Extract(0), "b1"));
    }

    [TestMethod]
    public void Masks_of_another_model_are_refused()
    {
        var own = MaskableModel.From(SmallNetwork.Make());
        var lacking = ElsaAllocation.Uniform.Masks(
            MaskableModel.From(SmallNetwork.Make(), new MaskableSelection { Exclude = ["w1"] }), ElsaImportance.Magnitude, [0.5, 0.9]);
        Throws<ArgumentException>(Options with { Masks = lacking }, "none for the maskable weight 'w1'", "MaskableSelection.Exclude");
        var other = new NestedMasks(own.Report.Maskable.Select(tensor => KeyValuePair.Create(
            tensor.Name, LevelMap.Own([2, 2], [0, 1, 2, 2], 3))));
        Throws<ArgumentException>(Options with { Masks = other }, "mask of 'w1' is of shape [2, 2]", "[12, 32]");
    }

    [TestMethod]
    public void A_checkpoint_folder_that_cannot_be_written_is_refused_before_the_first_step()
    {
        var file = Path.GetTempFileName();
        try
        {
            var progress = new TrainingTask.Immediate(now => Assert.AreNotEqual("train", now.Phase));
            Throws<IOException>(With(Training with { CheckpointDirectory = file }) with { Progress = progress },
                "No checkpoint can be written", file);
        }
        finally
        {
            File.Delete(file);
        }
        Throws<ArgumentException>(With(Training with { CheckpointDirectory = " " }), "CheckpointDirectory is empty");
    }

    [TestMethod]
    public void Options_that_are_null_are_refused_by_name()
    {
        Throws<ArgumentNullException>(With(Training with { Loss = null! }), "Loss");
        Throws<ArgumentNullException>(With(Training with { Optimizer = null! }), "Optimizer");
        Throws<ArgumentException>(With(Training with { OutputLosses = [null!] }), "without a loss");
        Throws<ArgumentNullException>(Options with { Sparsities = null! }, "Sparsities");
    }
}
