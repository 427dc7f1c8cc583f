using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Onnx;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>The same network in other forms of ONNX trains in the same way.</summary>
[TestClass]
public sealed class TrainedModelFormTests
{
    static readonly string[] Parameters = ["w1", "b1", "scale", "shift", "mean", "variance", "w2", "b2"];

    [TestMethod]
    public void Parameters_in_Constant_nodes_train_as_initializers_do()
    {
        var constant = SmallNetwork.Make(normalized: true);
        foreach (var tensor in constant.Graph.Initializer)
            constant.Graph.Node.Insert(0, new NodeProto
            {
                OpType = "Constant",
                Output = { tensor.Name },
                Attribute = { new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = tensor } },
            });
        constant.Graph.Initializer.Clear();
        SameTraining(constant);
    }

    [TestMethod]
    public void Parameters_that_an_Identity_names_train_as_initializers_of_that_name()
    {
        var named = SmallNetwork.Make(normalized: true);
        foreach (var tensor in named.Graph.Initializer.Where(tensor => tensor.Name[0] != 'w'))
        {
            named.Graph.Node.Insert(0, new NodeProto { OpType = "Identity", Input = { "of " + tensor.Name }, Output = { tensor.Name } });
            tensor.Name = "of " + tensor.Name;
        }
        SameTraining(named);
    }

    [TestMethod]
    public void Statistics_that_share_an_initializer_with_scale_and_shift_train_as_ones_of_their_own()
    {
        var fresh = SmallNetwork.Make(normalized: true);
        foreach (var (statistic, parameter, value) in new[] { ("mean", "shift", 0f), ("variance", "scale", 1f) })
            foreach (var name in new[] { statistic, parameter })
                TensorBytes.SetRaw(fresh.Graph.Initializer.Single(tensor => tensor.Name == name),
                    MemoryMarshal.AsBytes(Enumerable.Repeat(value, SmallNetwork.Hidden).ToArray().AsSpan()).ToArray());
        var merged = fresh.Clone();
        var normalization = merged.Graph.Node.Single(node => node.OpType == "BatchNormalization");
        (normalization.Input[3], normalization.Input[4]) = ("shift", "scale");
        foreach (var name in new[] { "mean", "variance" })
            merged.Graph.Initializer.Remove(merged.Graph.Initializer.Single(tensor => tensor.Name == name));
        SameTraining(merged, fresh, ["w1", "b1", "scale", "shift", "w2", "b2"]);
    }

    [TestMethod]
    public void Two_normalizations_that_share_statistics_follow_each_its_own_values()
    {
        var model = SmallNetwork.Make(normalized: true);
        var first = model.Graph.Node.Single(node => node.OpType == "BatchNormalization");
        var second = first.Clone();
        (second.Name, second.Input[0], second.Output[0]) = ("h4", "h3", "h4");
        model.Graph.Node.Insert(model.Graph.Node.Count - 1, second);
        model.Graph.Node[^1].Input[0] = "h4";
        using var elsa = TrainingTask.Fit(new MLContext(1), TrainingTask.Options(model), 100);
        string[] means = [.. elsa.Parent.Extract(0).Graph.Node.Where(node => node.OpType == "BatchNormalization").Select(node => node.Input[3])];
        Assert.HasCount(2, means.Distinct());
        Assert.AreNotSequenceEqual(TrainingTask.Raw(elsa.Parent.Extract(0), means[0]), TrainingTask.Raw(elsa.Parent.Extract(0), means[1]));
    }

    [TestMethod]
    public void Whole_numbers_are_amounts_to_a_loss_of_squares_and_classes_to_cross_entropy()
    {
        var amounts = TrainingTask.Options(TestModels.Mlp(SmallNetwork.Inputs, outputs: 1));
        amounts = amounts with { Training = amounts.Training! with { Loss = ElsaLoss.MeanSquaredError } };
        using var numbers = TrainingTask.Fit(new MLContext(1), amounts, 100);
        Assert.IsTrue(numbers.Levels[0].Metrics.ContainsKey("meanSquaredError"));
        using var classes = TrainingTask.Fit(new MLContext(1), TrainingTask.Options(), 100);
        Assert.IsTrue(classes.Levels[0].Metrics.ContainsKey("accuracy"));
    }

    static void SameTraining(ModelProto model) => SameTraining(model, SmallNetwork.Make(normalized: true), Parameters);

    static void SameTraining(ModelProto model, ModelProto expected, string[] parameters)
    {
        using var other = TrainingTask.Fit(new MLContext(1), TrainingTask.Options(model), 100);
        using var plain = TrainingTask.Fit(new MLContext(1), TrainingTask.Options(expected), 100);
        for (var level = 0; level < plain.Levels.Count; level++)
            foreach (var name in parameters)
                Assert.AreSequenceEqual(TrainingTask.Raw(plain.Parent.Extract(level), name), TrainingTask.Raw(other.Parent.Extract(level), name));
    }
}
