using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring.Sparse;

[TestClass]
public sealed class ElsaSpeedModelTests
{
    static readonly ModelProto Network = TestModels.Model([("x", [1, 4, 9, 9])], [("y", [1, 8, 7, 7])], DataType.Float,
        [
            TestModels.Node("Conv", ["x", "w1"], "h", TestModels.Attribute("group", 4)),
            TestModels.Node("Conv", ["h", "w2"], "y"),
        ],
        [TestModels.Random("w1", DataType.Float, 1, 4, 1, 3, 3), TestModels.Random("w2", DataType.Float, 2, 8, 4, 1, 1)]);

    [TestMethod]
    public void Every_layer_of_every_level_has_a_speed_up_or_the_reason_for_none()
    {
        double[] sparsities = [0.5, 0.9];
        var speeds = ElsaSpeedModel.Predict(Network.ToByteArray(), sparsities, batch: 8, new ElsaExecutionOptions { IntraOpNumThreads = 1 });
        Assert.AreSequenceEqual(
            ["s50 Conv_h", "s50 Conv_y", "s90 Conv_h", "s90 Conv_y"], speeds.Select(speed => $"{speed.Level} {speed.Layer}"));
        var masks = ElsaAllocation.Global.Masks(MaskableModel.From(Network), ElsaImportance.Magnitude, sparsities);
        for (var index = 0; index < speeds.Count; index++)
        {
            var (speed, map) = (speeds[index], masks[index % 2 == 0 ? "w1" : "w2"]);
            Assert.AreEqual(1 - (double)map.KeptCount(1 + index / 2) / map.Length, speed.Sparsity, 1e-12);
            Assert.AreEqual("Conv", speed.Operator);
            if (index % 2 == 0)
            {
                Assert.AreEqual("a depthwise convolution", speed.Reason);
                Assert.IsNull(speed.SpeedUp);
                Assert.IsTrue(speed.IsWasted, "Its zeros save no time.");
            }
            else
            {
                Assert.IsGreaterThan(0, speed.SpeedUp!.Value);
                Assert.AreEqual("", speed.Reason);
            }
        }
    }

    [TestMethod]
    [DataRow(1.04, true)]
    [DataRow(1.06, false)]
    public void Less_than_five_percent_is_wasted(double speedUp, bool wasted) =>
        Assert.AreEqual(wasted, new ElsaLayerSpeed("s50", "fc", "Gemm", 0.5, speedUp, "").IsWasted);

    [TestMethod]
    public void What_cannot_be_predicted_is_refused()
    {
        var bytes = Network.ToByteArray();
        Assert.Contains("Sparsities[0] is 1.5", Assert.ThrowsExactly<ArgumentException>(() => ElsaSpeedModel.Predict(bytes, [1.5])).Message);
        Assert.Contains("0 sparsities are given", Assert.ThrowsExactly<ArgumentException>(() => ElsaSpeedModel.Predict(bytes, [])).Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaSpeedModel.Predict(bytes, [0.5], batch: 0));
        var open = TestModels.Model([("x", ["N", "size"])], [("y", ["N", 3])], DataType.Float,
            [TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", DataType.Float, 1, 4, 3)]);
        Assert.Contains("leaves the size of a row open",
            Assert.ThrowsExactly<ArgumentException>(() => ElsaSpeedModel.Predict(open.ToByteArray(), [0.5])).Message);
    }
}
