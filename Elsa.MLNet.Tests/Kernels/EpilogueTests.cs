using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Tests.Kernels;

[TestClass]
public sealed unsafe class EpilogueTests
{
    static readonly Dictionary<Activation, Func<double, double>> Definitions = new()
    {
        [Activation.None] = x => x,
        [Activation.Relu] = x => Math.Max(x, 0),
        [Activation.Clip] = x => Math.Min(Math.Max(x, 0.1f), 0.7f),
        [Activation.LeakyRelu] = x => x >= 0 ? x : 0.1f * x,
        [Activation.Sigmoid] = x => 1 / (1 + Math.Exp(-x)),
        [Activation.Tanh] = Math.Tanh,
        [Activation.HardSigmoid] = x => Math.Min(Math.Max(0.1f * x + 0.7f, 0), 1),
        [Activation.HardSwish] = x => x * Math.Min(Math.Max(x / 6 + 0.5, 0), 1),
    };

    public static IEnumerable<object[]> Activations => Enum.GetValues<Activation>().Select(activation => new object[] { activation });

    [TestMethod]
    [DynamicData(nameof(Activations))]
    public void An_activation_is_ONNX_s_by_rows_and_by_positions_and_keeps_NaN(object activation)
    {
        var definition = Definitions[(Activation)activation];
        var epilogue = new Epilogue { Activation = (Activation)activation, Alpha = 0.1f, Beta = 0.7f };
        var values = Enumerable.Range(-20, 41).Select(i => i / 4f).Append(float.NaN).ToArray();
        var (rows, positions) = (values.ToArray(), values.ToArray());
        fixed (float* first = rows) epilogue.FinishRows(first, rows.Length, 0, 1, null, first, rows.Length, rows.Length);
        fixed (float* first = positions) epilogue.FinishPosition(first, 0, null, first, positions.Length);
        for (var i = 0; i < values.Length - 1; i++)
        {
            Assert.AreEqual(definition(values[i]), rows[i], 1e-6, $"row, {values[i]}");
            Assert.AreEqual(definition(values[i]), positions[i], 1e-6, $"position, {values[i]}");
        }
        Assert.IsTrue(float.IsNaN(rows[^1]) && float.IsNaN(positions[^1]));
    }
}
