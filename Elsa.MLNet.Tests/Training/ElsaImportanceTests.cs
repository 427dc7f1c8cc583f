using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Scores of a user's own.</summary>
[TestClass]
public sealed class ElsaImportanceTests
{
    [TestMethod]
    public void Scores_order_weights_from_negative_over_zero_to_positive()
    {
        float[] rising = [float.MinValue, -2, -1.5f, -1e-30f, -float.Epsilon, 0, float.Epsilon, 1e-30f, 0.1f, 3,
            float.MaxValue];
        var keys = Keys(rising);
        for (var index = 1; index < keys.Length; index++) Assert.IsLessThan(keys[index], keys[index - 1], $"{rising[index - 1]} and {rising[index]}");
        Assert.IsLessThan(uint.MaxValue, keys[^1]);
    }

    [TestMethod]
    public void The_two_zeros_are_equal()
    {
        var keys = Keys([0f, -0f]);
        Assert.AreEqual(keys[0], keys[1]);
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    public void A_score_that_is_not_finite_is_named(float score)
    {
        var refusal = Assert.ThrowsExactly<ArgumentException>(() => Keys([1, 2, score, 3])).Message;
        Assert.Contains("importance 'mine' gives weight 2 of 'w'", refusal);
    }

    [TestMethod]
    [DataRow("float16")]
    [DataRow("bfloat16")]
    [DataRow("double")]
    [DataRow("float32")]
    public void Weights_of_any_floating_type_come_as_float32(string name)
    {
        float[] weights = [-2, -0.5f, 0, 0.25f, 1.5f, 96];
        var (type, bytes) = name switch
        {
            "float16" => (DataType.Float16,
                MemoryMarshal.AsBytes(Array.ConvertAll(weights, value => (Half)value).AsSpan()).ToArray()),
            "bfloat16" => (DataType.Bfloat16,
                MemoryMarshal.AsBytes(Array.ConvertAll(weights, value =>
                (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).AsSpan()).ToArray()),
            "double" => (DataType.Double, MemoryMarshal.AsBytes(Array.ConvertAll(weights, value =>
                (double)value).AsSpan()).ToArray()),
            _ => (DataType.Float, MemoryMarshal.AsBytes(weights.AsSpan()).ToArray()),
        };
        float[]? seen = null;
        var importance = ElsaImportance.From("mine", (_, given, scores) =>
        {
            seen = given.ToArray();
            given.CopyTo(scores);
        });
        var keys = importance.Score(Tensor(weights.Length), bytes, (int)type);
        Assert.AreSequenceEqual(weights, seen!);
        Assert.AreSequenceEqual(keys.Order(), keys);
    }

    [TestMethod]
    public void It_has_a_name()
    {
        Assert.AreEqual("mine", ElsaImportance.From("mine", (_, _, _) => { }).Name);
        Assert.ThrowsExactly<ArgumentException>(() => ElsaImportance.From(" ", (_, _, _) => { }));
        Assert.ThrowsExactly<ArgumentNullException>(() => ElsaImportance.From("mine", null!));
    }

    [TestMethod]
    public void Masks_follow_it()
    {
        // The smallest weights first, which is the opposite of magnitude.
        var model = MaskableModel.From(TestModels.Mlp());
        var smallest = ElsaAllocation.Global.Masks(model, ElsaImportance.From("smallest", (_, weights, scores) =>
        {
            for (var index = 0; index < weights.Length; index++) scores[index] = -Math.Abs(weights[index]);
        }), [0.5]);
        var largest = ElsaAllocation.Global.Masks(model, ElsaImportance.Magnitude, [0.5]);
        foreach (var name in largest.TensorNames)
            for (var index = 0; index < largest[name].Length; index++)
                Assert.AreNotEqual(largest[name].Levels[index], smallest[name].Levels[index]);
    }

    static uint[] Keys(float[] scores) => ElsaImportance.From("mine", (_, _, into) => scores.CopyTo(into))
        .Score(Tensor(scores.Length), new byte[scores.Length * sizeof(float)], (int)DataType.Float);

    static MaskableTensor Tensor(int count) => new("w", [count], "float32", "MatMul", "node");
}
