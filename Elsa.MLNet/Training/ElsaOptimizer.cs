using System.Globalization;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet;

/// <summary>
/// How a gradient becomes a step, as part of the training graph. Weight decay acts on masked weights only, not on
/// biases and normalisation, and never on frozen ones. State starts at zero at every level.
/// </summary>
public abstract class ElsaOptimizer
{
    private protected ElsaOptimizer() { }

    /// <summary>
    /// Stochastic gradient descent: g' = g + d w; v = m v + g'; w = w - r v, with rate r (Sutskever et al. 2013, in the
    /// form without dampening).
    /// </summary>
    /// <param name="momentum">m, 0 to below 1. The default value is 0.9.</param>
    /// <param name="weightDecay">d, at least 0. The default value is 0.0005.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static ElsaOptimizer Sgd(double momentum = 0.9, double weightDecay = 5e-4) => new SgdOptimizer(
        Checked.Share(momentum, nameof(momentum)), Checked.NotNegative(weightDecay, nameof(weightDecay)));

    /// <summary>
    /// AdamW: m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w = w - r (m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + e) +
    /// d w) at step t = 1, 2, ... (Loshchilov and Hutter 2019, arXiv 1711.05101).
    /// </summary>
    /// <param name="beta1">b1, 0 to below 1. The default value is 0.9.</param>
    /// <param name="beta2">b2, 0 to below 1. The default value is 0.999.</param>
    /// <param name="epsilon">e, above 0. The default value is 1e-8.</param>
    /// <param name="weightDecay">d, at least 0. The default value is 0.01.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static ElsaOptimizer AdamW(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8,
        double weightDecay = 0.01) =>
        new AdamWOptimizer(Checked.Share(beta1, nameof(beta1)), Checked.Share(beta2, nameof(beta2)),
            Checked.Positive(epsilon, nameof(epsilon)), Checked.NotNegative(weightDecay, nameof(weightDecay)));

    /// <summary>Name in the manifest, with its numbers.</summary>
    public abstract string Name { get; }

    /// <summary>Number of state values per weight.</summary>
    internal abstract int StateCount { get; }

    /// <summary>
    /// Appends what makes, from flat vectors, the next weights and the next state. Weights that are not trained keep
    /// their bits.
    /// </summary>
    /// <param name="graph">The training graph.</param>
    /// <param name="vectors">Names of the vectors at this step.</param>
    internal abstract void Append(GraphBuilder graph, in Vectors vectors);

    /// <param name="Weights">w.</param>
    /// <param name="Gradient">g; what it is for weights that are not trained does not matter.</param>
    /// <param name="State">State before the step.</param>
    /// <param name="Trained">Which weights are trained.</param>
    /// <param name="Rate">r, a scalar.</param>
    /// <param name="Number">t, a scalar.</param>
    /// <param name="Decays">Whether weight decay acts.</param>
    /// <param name="NextWeights">What the weights after the step are called.</param>
    /// <param name="NextState">What the state after the step is called.</param>
    internal readonly record struct Vectors(string Weights, string Gradient, string[] State, string Trained,
        string Rate, string Number,
        bool Decays, string NextWeights, string[] NextState);

    private sealed class SgdOptimizer(double momentum, double weightDecay) : ElsaOptimizer
    {
        public override string Name => string.Create(CultureInfo.InvariantCulture, $"sgd(momentum {momentum}, weight decay {weightDecay})");

        internal override int StateCount => 1;

        internal override void Append(GraphBuilder graph, in Vectors at) => graph.Append("Sgd", GraphBuilder.ElsaDomain,
            [at.Weights, at.Gradient, at.State[0], at.Trained, at.Rate], [at.NextWeights, at.NextState[0]],
            NodeAttribute.Of("momentum", (float)momentum), NodeAttribute.Of("decay", at.Decays ? (float)weightDecay
            : 0));
    }

    private sealed class AdamWOptimizer(double beta1, double beta2, double epsilon, double weightDecay) : ElsaOptimizer
    {
        public override string Name => string.Create(CultureInfo.InvariantCulture,
            $"adamw(beta1 {beta1}, beta2 {beta2}, epsilon {epsilon}, weight decay {weightDecay})");

        internal override int StateCount => 2;

        internal override void Append(GraphBuilder graph, in Vectors at)
        {
            var gradient = graph.Where(at.Trained, at.Gradient, graph.Number(0));
            Average(graph, at.State[0], gradient, beta1, at.NextState[0]);
            Average(graph, at.State[1], graph.Mul(gradient, gradient), beta2, at.NextState[1]);
            var deviation = graph.Node("Sqrt", [graph.Div(at.NextState[1], Correction(graph, beta2, at.Number))]);
            var step = graph.Div(graph.Div(at.NextState[0], Correction(graph, beta1, at.Number)),
                graph.Add(deviation, graph.Number(epsilon)));
            if (at.Decays && weightDecay > 0) step = graph.Add(step, graph.Mul(at.Weights, graph.Number(weightDecay)));
            var moved = graph.Sub(at.Weights, graph.Mul(step, at.Rate));
            graph.Append("Where", "", [at.Trained, moved, at.Weights], [at.NextWeights]);
        }

        private static void Average(GraphBuilder graph, string old, string value, double beta, string next) =>
            graph.Append("Add", "", [graph.Mul(old, graph.Number(beta)), graph.Mul(value, graph.Number(1 - beta))], [next]);

        private static string Correction(GraphBuilder graph, double beta, string number) =>
            graph.Sub(graph.Number(1), graph.Node("Pow", [graph.Number(beta), number]));
    }

    private static class Checked
    {
        public static double Share(double value, string name) => value is >= 0 and < 1 ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {Text(value)}; allowed are 0 to below 1.");

        public static double NotNegative(double value, string name) => value >= 0 && double.IsFinite(value) ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {Text(value)}; allowed are finite numbers from 0.");

        // Without it a weight whose gradient is 0 would be divided by 0.
        public static double Positive(double value, string name) =>
            (float)value > 0 && float.IsFinite((float)value) ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {Text(value)}; allowed are finite float32 numbers above 0.");

        private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
    }
}
