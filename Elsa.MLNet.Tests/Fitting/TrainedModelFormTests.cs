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
    public void Whole_numbers_are_amounts_to_a_loss_of_squares_and_classes_to_cross_entropy()
    {
        var amounts = TrainingTask.Options(TestModels.Mlp(SmallNetwork.Inputs, outputs: 1));
        amounts = amounts with { Training = amounts.Training! with { Loss = ElsaLoss.MeanSquaredError } };
        using var numbers = TrainingTask.Fit(new MLContext(1), amounts, 100);
        Assert.IsTrue(numbers.Levels[0].Metrics.ContainsKey("meanSquaredError"));
        using var classes = TrainingTask.Fit(new MLContext(1), TrainingTask.Options(), 100);
        Assert.IsTrue(classes.Levels[0].Metrics.ContainsKey("accuracy"));
    }

    static void SameTraining(ModelProto model)
    {
        using var other = TrainingTask.Fit(new MLContext(1), TrainingTask.Options(model), 100);
        using var plain = TrainingTask.Fit(new MLContext(1), TrainingTask.Options(), 100);
        for (var level = 0; level < plain.Levels.Count; level++)
            foreach (var name in Parameters)
                Assert.AreSequenceEqual(TrainingTask.Raw(plain.Parent.Extract(level), name), TrainingTask.Raw(other.Parent.Extract(level), name));
    }
}
