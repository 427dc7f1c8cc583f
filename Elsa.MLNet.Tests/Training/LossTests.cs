using Elsa.MLNet.Tests.Scoring;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Losses with labels: value and gradient by the scores.</summary>
[TestClass]
public sealed class LossTests
{
    static readonly long[] Classes = [2, 0, 1, 2, 1];

    [TestMethod]
    [DataRow(null)]
    [DataRow("Softmax")]
    [DataRow("LogSoftmax")]
    public void Cross_entropy_is_the_mean_of_minus_log_softmax_at_the_label(string? activation) =>
        ScoreCheck.Same(ElsaLoss.CrossEntropy, [5, 3], activation, Classes, scores =>
        {
            var logs = ScoreCheck.LogSoftmax(scores, 3);
            return -Classes.Select((label, row) => logs[row * 3 + label]).Average();
        });

    [TestMethod]
    [DataRow(null)]
    [DataRow("Sigmoid")]
    public void Binary_cross_entropy_is_that_of_the_sigmoid(string? activation)
    {
        float[] truth = [0, 1, 0.25f, 1, 0, 0.75f];
        ScoreCheck.Same(ElsaLoss.BinaryCrossEntropy, [3, 2], activation, truth, scores =>
            -scores.Select((score, index) =>
            truth[index] * Math.Log(ScoreCheck.Sigmoid(score)) + (1 - truth[index]) * Math.Log(1 - ScoreCheck.Sigmoid(score))).Average());
    }

    [TestMethod]
    public void Binary_cross_entropy_of_large_scores_stays_finite()
    {
        var (model, shape, batch) = SmallStep.ScoresAsWeights([4, 1], [500, -500, 500, -500],
            ScoreCheck.Last("Sigmoid"));
        using var step = new SmallStep(model, shape, batch,
            [(ElsaLoss.BinaryCrossEntropy, "y", new float[] { 1, 0, 0, 1 }, 1)]);
        var (loss, gradient) = step.Gradient();
        Assert.AreEqual(250f, loss);
        Assert.AreSequenceEqual([0f, 0f, 0.25f, -0.25f], gradient);
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow("Sigmoid")]
    public void Mean_squared_error_is_of_the_output(string? activation)
    {
        var truth = ScoreCheck.Scores(6, seed: 3);
        ScoreCheck.Same(ElsaLoss.MeanSquaredError, [2, 3], activation, truth, scores => scores.Select((score, index) =>
            Math.Pow((activation is null ? score : ScoreCheck.Sigmoid(score)) - truth[index], 2)).Average());
    }

    [TestMethod]
    public void Losses_of_several_outputs_add_up_with_their_weights()
    {
        var (model, shape, batch) = SmallStep.ScoresAsWeights([5, 3], ScoreCheck.Scores(15, seed: 7),
            ScoreCheck.Last("Softmax"));
        model.Graph.Node.Add(TestModels.Node("Tanh", ["z"], "t"));
        model.Graph.Output.Add(TestModels.Value("t", DataType.Float, null));
        var truth = ScoreCheck.Scores(15, seed: 4);
        (float Loss, float[] Gradient) Of(params (ElsaLoss, string, Array, double)[] losses)
        {
            using var step = new SmallStep(model, shape, batch, losses);
            return step.Gradient();
        }

        var first = Of((ElsaLoss.CrossEntropy, "y", Classes, 1));
        var second = Of((ElsaLoss.MeanSquaredError, "t", truth, 1));
        var both = Of((ElsaLoss.CrossEntropy, "y", Classes, 0.5), (ElsaLoss.MeanSquaredError, "t", truth, 3));
        Assert.AreEqual(0.5 * first.Loss + 3 * second.Loss, both.Loss, 1e-5);
        for (var index = 0; index < both.Gradient.Length; index++)
            Assert.AreEqual(0.5 * first.Gradient[index] + 3 * second.Gradient[index], both.Gradient[index], 3e-6);
    }

    [TestMethod]
    public void Cross_entropy_of_one_score_names_the_loss_that_fits()
    {
        var refusal = Refusal(ElsaLoss.CrossEntropy, [4, 1], null);
        Assert.Contains("'y' is float32 [4, 1]", refusal);
        Assert.Contains("BinaryCrossEntropy", refusal);
    }

    [TestMethod]
    public void Cross_entropy_of_sequences_is_refused() =>
        Assert.Contains("float32 [2, 2, 3]", Refusal(ElsaLoss.CrossEntropy, [2, 2, 3], "Softmax"));

    [TestMethod]
    [DataRow("Softmax")]
    [DataRow("LogSoftmax")]
    public void Binary_cross_entropy_of_a_softmax_names_the_loss_that_fits(string activation) =>
        Assert.Contains("ElsaLoss.CrossEntropy", Refusal(ElsaLoss.BinaryCrossEntropy, [4, 3], activation));

    internal static string Refusal(ElsaLoss loss, int[] shape, string? activation, Array? truth = null)
    {
        var count = shape.Aggregate((left, right) => left * right);
        var (model, inputShape, batch) = SmallStep.ScoresAsWeights(shape, new float[count],
            ScoreCheck.Last(activation));
        return Assert.ThrowsExactly<ArgumentException>(() =>
            new SmallStep(model, inputShape, batch, [(loss, "y", truth ?? new float[count], 1)]).Dispose()).Message;
    }
}
