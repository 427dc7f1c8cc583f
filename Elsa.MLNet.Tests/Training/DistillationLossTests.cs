using Elsa.MLNet.Onnx;
using Elsa.MLNet.Training;
using Elsa.MLNet.Training.Losses;
using static Onnx.TensorProto.Types;
using TrainingSession = Elsa.MLNet.Training.TrainingSession;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Distance to the original model: its forms, which is chosen, and their formulas.</summary>
[TestClass]
public sealed class DistillationLossTests
{
    [TestMethod]
    [DataRow("Softmax", 1.0)]
    [DataRow("Softmax", 4.0)]
    [DataRow("LogSoftmax", 1.0)]
    [DataRow("LogSoftmax", 4.0)]
    public void A_softmax_model_follows_the_original_distribution(string activation, double temperature) =>
        FollowsDistribution(ElsaLoss.Distillation(temperature), [4, 3], activation, temperature);

    [TestMethod]
    [DataRow(1.0)]
    [DataRow(4.0)]
    public void Rows_of_a_sequence_count_one_by_one(double temperature) =>
        FollowsDistribution(ElsaLoss.Distillation(temperature), [2, 3, 4], "Softmax", temperature);

    [TestMethod]
    public void Plain_scores_with_a_class_label_follow_the_original_distribution() =>
        FollowsDistribution(ElsaLoss.Distillation(4), [4, 3], null, 4, LabelKind.Class);

    [TestMethod]
    public void Classes_can_be_demanded() => FollowsDistribution(ElsaLoss.DistillationOfClasses(4), [4, 3], null, 4);

    [TestMethod]
    [DataRow(null)]
    [DataRow(LabelKind.Values)]
    public void Plain_values_follow_the_original_values(object? label) =>
        FollowsValues(ElsaLoss.Distillation(4), null, score => score, (LabelKind?)label);

    [TestMethod]
    public void Values_can_be_demanded_of_a_sigmoid() =>
        FollowsValues(ElsaLoss.DistillationOfValues, "Sigmoid", ScoreCheck.Sigmoid, null);

    [TestMethod]
    public void A_sigmoid_model_follows_the_original_probability()
    {
        var teacher = ScoreCheck.Scores(6, seed: 9);
        ScoreCheck.Same(ElsaLoss.Distillation(4), [3, 2], "Sigmoid", teacher, scores => -scores.Select((score, index) =>
            ScoreCheck.Sigmoid(teacher[index]) * Math.Log(ScoreCheck.Sigmoid(score))
            + (1 - ScoreCheck.Sigmoid(teacher[index])) * Math.Log(1 - ScoreCheck.Sigmoid(score))).Average());
    }

    [TestMethod]
    [DataRow("Softmax", null, 3, "z")]
    [DataRow("LogSoftmax", null, 3, "z")]
    [DataRow("Sigmoid", null, 0, "z")]
    [DataRow("Sigmoid", LabelKind.Class, 0, "z")]
    [DataRow(null, LabelKind.Class, 3, "y")]
    [DataRow(null, LabelKind.Values, 0, "y")]
    [DataRow("Tanh", null, 0, "y")]
    public void What_makes_the_output_chooses_the_form(string? activation, object? label, int classes, string source)
    {
        var (model, shape, batch) = SmallStep.ScoresAsWeights([4, 3], ScoreCheck.Scores(12, seed: 7),
            ScoreCheck.Last(activation));
        using var step = new SmallStep(model, shape, batch, [(ElsaLoss.Distillation(), "y", new float[12], 1)],
            label: (LabelKind?)label);
        Assert.AreEqual(new LossTarget(TargetKind.Teacher, step.Targets[0].Shape, source, classes), step.Targets[0]);
    }

    [TestMethod]
    public void A_single_value_per_row_without_a_class_axis_is_a_value_even_with_a_class_label()
    {
        var shape = new ValueShape(DataType.Float, 8);
        var target = ElsaLoss.Distillation().Target(new OutputHead(HeadKind.Plain, "y", shape, "y", shape),
            LabelKind.Class);
        Assert.AreEqual(0, target.Classes);
        Assert.AreEqual("y", target.Source);
    }

    [TestMethod]
    public void Classes_of_one_score_are_refused()
    {
        var refusal = LossTests.Refusal(ElsaLoss.DistillationOfClasses(), [4, 1], null);
        Assert.Contains("'y' is float32 [4, 1]", refusal);
        Assert.Contains("DistillationOfValues", refusal);
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(-1.0)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void A_temperature_is_finite_and_above_0(double temperature)
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLoss.Distillation(temperature));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaLoss.DistillationOfClasses(temperature));
    }

    [TestMethod]
    public void Two_distillations_of_one_output_share_what_the_original_model_says()
    {
        var scores = ScoreCheck.Scores(12, seed: 7);
        var (model, shape, batch) = SmallStep.ScoresAsWeights([4, 3], scores, ScoreCheck.Last("Softmax"));
        var prepared = PreparedModel.Of(MaskableModel.From(model), ["w"], "x", shape);
        var head = OutputHead.Of(prepared.Model.Graph, prepared.Shapes, "y");
        (ElsaLoss Loss, OutputHead Head, LossTarget Target, double Weight)[] losses =
            [.. ((ElsaLoss[])[ElsaLoss.Distillation(1), ElsaLoss.Distillation(4),
                ElsaLoss.DistillationOfValues]).Select(loss => (loss, head, loss.Target(head, null), 1.0))];
        using var feed = new BatchFeed("x", shape, [.. losses.Select(loss => (loss.Target, -1, ""))]);
        batch.CopyTo(feed.Input.GetTensorMutableDataAsSpan<float>());
        using var teacher = new Teacher(prepared, "x", feed.Input, feed.Teachers, new ElsaExecutionOptions());
        teacher.Run();
        Assert.AreSequenceEqual(["y", "z"], feed.Teachers.Select(found => found.Value).Order());

        var training = new ElsaTraining { Optimizer = ElsaOptimizer.Sgd(0, 0) };
        var graph = TrainingGraph.Build(prepared, ["w"], [], losses, training, null, _ => false);
        using var session = new TrainingSession(graph, feed.Tensors, 1, new ElsaExecutionOptions());
        session.TrainedWeights.AsSpan().Fill(true);
        scores.CopyTo(session.Weights);
        Assert.AreEqual(0, session.Step(1), 1e-6, "The original model is at no distance from itself.");
        session.Weights[0] += 1;
        Assert.IsGreaterThan(0.01f, session.Step(0));
    }

    static void FollowsDistribution(ElsaLoss loss, int[] shape, string? activation, double temperature,
        LabelKind? label = null)
    {
        var classes = shape[^1];
        var teacher = ScoreCheck.Scores(shape.Aggregate((left, right) => left * right), seed: 9);
        var original = ScoreCheck.LogSoftmax([.. teacher.Select(score => (double)score)], classes, temperature);
        ScoreCheck.Same(loss, shape, activation, teacher, scores =>
        {
            var logs = ScoreCheck.LogSoftmax(scores, classes, temperature);
            return temperature * temperature * logs.Select((log, index) =>
                Math.Exp(original[index]) * (original[index] - log)).Sum()
                / (logs.Length / classes);
        }, label);
    }

    static void FollowsValues(ElsaLoss loss, string? activation, Func<double, double> output, LabelKind? label)
    {
        var teacher = ScoreCheck.Scores(6, seed: 9);
        ScoreCheck.Same(loss, [2, 3], activation, teacher,
            scores => scores.Select((score, index) => Math.Pow(output(score) - teacher[index], 2)).Average(), label);
    }
}
