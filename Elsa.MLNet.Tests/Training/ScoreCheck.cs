using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Training.Losses;
using Onnx;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Whether a loss and its gradient by the scores are those of a formula in double precision.</summary>
static class ScoreCheck
{
    const double Step = 1e-5;

    /// <summary>Seeded scores from -3 to 3.</summary>
    public static float[] Scores(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 6 - 3)];
    }

    /// <summary>Asserts it.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="shape">Shape of the scores.</param>
    /// <param name="activation">Operator between scores and output; null for none.</param>
    /// <param name="truth">What the output is compared with.</param>
    /// <param name="formula">The loss of scores.</param>
    /// <param name="label">What the label column says.</param>
    public static void Same(ElsaLoss loss, int[] shape, string? activation, Array truth, Func<double[],
        double> formula, LabelKind? label = null)
    {
        var scores = Scores(shape.Aggregate((left, right) => left * right), seed: 7);
        var (model, inputShape, batch) = SmallStep.ScoresAsWeights(shape, scores, Last(activation));
        using var step = new SmallStep(model, inputShape, batch, [(loss, "y", truth, 1)], label: label);
        var (value, gradient) = step.Gradient();
        var exact = Array.ConvertAll(scores, score => (double)score);
        Assert.AreEqual(formula(exact), value, 1e-5 * Math.Max(1, Math.Abs(value)), "loss");
        for (var index = 0; index < exact.Length; index++)
            Assert.AreEqual(Derivative(formula, exact, index), gradient[index], 3e-6, $"gradient by score {index}");
    }

    public static NodeProto? Last(string? activation) => activation switch
    {
        null => null,
        "Softmax" or "LogSoftmax" => TestModels.Node(activation, ["z"], "y", TestModels.Attribute("axis", -1)),
        _ => TestModels.Node(activation, ["z"], "y"),
    };

    /// <summary>log softmax(z / temperature) per row of so many classes.</summary>
    public static double[] LogSoftmax(IReadOnlyList<double> scores, int classes, double temperature = 1)
    {
        var logs = new double[scores.Count];
        for (var first = 0; first < logs.Length; first += classes)
        {
            var sum = 0.0;
            for (var index = first; index < first + classes; index++) sum += Math.Exp(scores[index] / temperature);
            for (var index = first; index < first + classes;
                index++) logs[index] = scores[index] / temperature - Math.Log(sum);
        }
        return logs;
    }

    public static double Sigmoid(double score) => 1 / (1 + Math.Exp(-score));

    static double Derivative(Func<double[], double> formula, double[] scores, int index)
    {
        double At(double change)
        {
            var moved = (double[])scores.Clone();
            moved[index] += change;
            return formula(moved);
        }
        return (At(Step) - At(-Step)) / (2 * Step);
    }
}
