using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Cascade;
using Elsa.MLNet.Tests.Fitting;

namespace Elsa.MLNet.Tests.Scoring.Cascade;

[TestClass]
public sealed class RowConfidenceTests
{
    [TestMethod]
    public void Logits_and_their_probabilities_give_the_same_log_odds()
    {
        var random = new Random(4);
        for (int round = 0; round < 200; round++)
        {
            float[] logits = [.. Enumerable.Range(0, 2 + (round % 9)).Select(_ => (random.NextSingle() * 8) - 4)];
            double sum = logits.Sum(logit => Math.Exp(logit));
            double[] sorted = [.. logits.Select(logit => Math.Exp(logit) / sum).OrderDescending()];
            float[] probabilities = [.. logits.Select(logit => (float)(Math.Exp(logit) / sum))];
            var top = Math.Log(sorted[0] / (1 - sorted[0]));
            Assert.AreEqual(top, new RowConfidence(ElsaConfidence.TopProbability, false).Of(logits), 1e-6);
            Assert.AreEqual(top, new RowConfidence(ElsaConfidence.TopProbability, true).Of(probabilities), 1e-5);
            Assert.AreEqual(Math.Log(sorted[0] / sorted[1]), new RowConfidence(ElsaConfidence.Margin, false).Of(logits), 1e-6);
            Assert.AreEqual(Math.Log(sorted[0] / sorted[1]), new RowConfidence(ElsaConfidence.Margin, true).Of(probabilities), 1e-5);
            Assert.AreEqual(Array.IndexOf(logits, logits.Max()), new RowConfidence(ElsaConfidence.Margin, false).Class(logits));
        }
    }

    [TestMethod]
    public void A_single_score_is_one_of_two_classes()
    {
        var logits = new RowConfidence(ElsaConfidence.TopProbability, false);
        var probabilities = new RowConfidence(ElsaConfidence.Margin, true);
        Assert.AreEqual(2, logits.Of([-2]));
        Assert.AreEqual(0, logits.Class([-2]));
        Assert.AreEqual(1, logits.Class([0]));
        Assert.AreEqual(Math.Log(9), probabilities.Of([0.9f]), 1e-6);
        Assert.AreEqual(Math.Log(9), probabilities.Of([0.1f]), 1e-6);
        Assert.AreEqual(1, probabilities.Class([0.5f]));
        Assert.AreEqual(double.PositiveInfinity, probabilities.Of([1]));
    }

    [TestMethod]
    public void Sure_scores_stay_apart_where_probabilities_would_round_to_one()
    {
        var confidence = new RowConfidence(ElsaConfidence.TopProbability, false);
        Assert.AreEqual(40, confidence.Of([40, 0]));
        Assert.AreEqual(1_000 - Math.Log(2), confidence.Of([1_000, 0, 0]), 1e-9);
        Assert.AreEqual(double.PositiveInfinity, new RowConfidence(ElsaConfidence.TopProbability, true).Of([1, 0, 0]));
    }

    [TestMethod]
    [DataRow(new[] { float.NaN, 1 }, false)]
    [DataRow(new[] { 1, float.NaN }, false)]
    [DataRow(new[] { float.NaN }, false)]
    [DataRow(new[] { -0.5f, 1.5f }, true)]
    [DataRow(new[] { 1.5f }, true)]
    public void A_score_that_is_no_number_or_no_probability_is_never_sure(float[] scores, bool areProbabilities)
    {
        double sure = new RowConfidence(ElsaConfidence.TopProbability, areProbabilities).Of(scores);
        Assert.IsFalse(sure > double.NegativeInfinity);
    }

    [TestMethod]
    public void What_the_scores_are_is_seen_in_the_graph()
    {
        var graph = SmallNetwork.Make().Graph;
        Assert.IsFalse(ScoreKinds.AreProbabilities(graph, "y"));
        graph.Node.Add(TestModels.Node("LogSoftmax", ["y"], "l"));
        graph.Node.Add(TestModels.Node("Softmax", ["y"], "p"));
        graph.Node.Add(TestModels.Node("Identity", ["p"], "q"));
        graph.Node.Add(TestModels.Node("Sigmoid", ["y"], "s"));
        Assert.IsFalse(ScoreKinds.AreProbabilities(graph, "l"), "the softmax of logarithms is what they are the logarithms of");
        Assert.IsTrue(ScoreKinds.AreProbabilities(graph, "q"));
        Assert.IsTrue(ScoreKinds.AreProbabilities(graph, "s"));
    }
}
