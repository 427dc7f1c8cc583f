using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>
/// Masks on the weights of networks that were quantized before, in the forms that ONNX Runtime's tools give them: numbers made of
/// integers before each layer, or layers that take integers; scales per channel where a form has them, and zero points.
/// </summary>
[TestClass]
public sealed class QuantizedTests
{
    const byte ActivationZero = 128;

    readonly MLContext _context = new(1);

    public static IEnumerable<object[]> Forms =>
    [
        ["DequantizeLinear", DataType.Int8, 0], ["DequantizeLinear", DataType.Uint8, 117], ["DequantizeLinear", DataType.Int8, -9],
        ["QLinearMatMul", DataType.Int8, 0], ["QLinearMatMul", DataType.Uint8, 121],
        ["MatMulInteger", DataType.Int8, 0], ["MatMulInteger", DataType.Uint8, 130],
        ["QLinearConv", DataType.Int8, 0], ["ConvInteger", DataType.Uint8, 126],
    ];

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Levels_drop_the_weights_that_stand_for_the_smallest_numbers(string form, DataType type, int zero)
    {
        using var elsa = Fit(form, type, zero);
        Assert.AreSequenceEqual(["w1/q", "w2/q"], elsa.Parent.Tensors.Select(tensor => tensor.Name));
        Assert.IsTrue(elsa.Parent.Tensors.All(tensor => tensor.ElementType == ElementTypes.Name((int)type) && tensor.ZeroPoint == zero));
        var all = Magnitudes(Model(form, type, zero));
        foreach (var level in elsa.Levels.Skip(1))
        {
            var kept = Magnitudes(elsa.Parent.Extract(level.Index));
            var least = kept.Where(value => value > 0).Min();
            // Ties aside, what is larger is kept.
            Assert.IsTrue(all.Zip(kept).All(pair => pair.Second == pair.First || (pair.Second == 0 && pair.First <= least)), level.Name);
            Assert.AreEqual(level.KeptWeights, kept.Count(value => value > 0), all.Count(value => value == 0) + 1, level.Name);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Every_level_scores_as_ONNX_Runtime_scores_the_extracted_file_and_comes_back_from_a_parent(string form, DataType type, int zero)
    {
        using var elsa = Fit(form, type, zero);
        var parent = ParentModel.Parse(elsa.Parent.ToBytes());
        Assert.IsTrue(ParentVerification.OfParent(elsa.Parent.ToBytes()).IsValid);
        var rows = SmallNetwork.Rows(_context, 40);
        foreach (var level in elsa.Levels)
        {
            var extracted = parent.Extract(level.Index);
            Assert.IsTrue(ParentVerification.OfExtracted(parent, extracted, level.Name).IsValid, level.Name);
            using var session = new InferenceSession(extracted.ToByteArray());
            using var transformer = elsa.WithLevel(level.Index);
            var scored = transformer.Transform(rows);
            foreach (var (row, actual) in scored.GetColumn<float[]>("Features").Zip(scored.GetColumn<float[]>("Score")))
            {
                using var input = OrtValue.CreateTensorValueFromMemory(row, [1, SmallNetwork.Inputs]);
                using var results = session.Run(new RunOptions(), ["x"], [input], ["y"]);
                var expected = results[0].GetTensorDataAsSpan<float>();
                for (var index = 0; index < actual.Length; index++) Assert.AreEqual(expected[index], actual[index], 1e-5, level.Name);
            }
            Assert.AreEqual(extracted, elsa.Parent.Extract(level.Index));
        }
        Assert.IsLessThan(0.9, elsa.Levels[^1].Metrics["agreement"], "The masks reach the scores.");
    }

    [TestMethod]
    public void Training_quantized_weights_is_refused()
    {
        var options = Options("DequantizeLinear", DataType.Int8, 0) with { Training = new ElsaTraining() };
        var error = Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ElsaSparsify(options).Fit(SmallNetwork.Rows(_context)));
        StringAssert.Contains(error.Message, "The weight 'w1/q' is int8; training needs float32.");
    }

    ElsaTransformer Fit(string form, DataType type, int zero) =>
        _context.Transforms.ElsaSparsify(Options(form, type, zero)).Fit(SmallNetwork.Rows(_context));

    static ElsaSparsifyOptions Options(string form, DataType type, int zero) => new()
    {
        OutputColumnName = "Score",
        InputColumnName = "Features",
        ModelBytes = Model(form, type, zero).ToByteArray(),
        // DynamicQuantizeLinear scales the rows of a batch together.
        Execution = new ElsaExecutionOptions { BatchSize = 1 },
    };

    /// <summary>The numbers that all weights stand for.</summary>
    static float[] Magnitudes(ModelProto model) =>
    [
        .. new[] { "w1", "w2" }.SelectMany(name =>
        {
            var tensor = model.Graph.Initializer.Single(found => found.Name == $"{name}/q");
            var scales = TrainingTask.Numbers(model, $"{name}/scale");
            var (signed, zero) = (tensor.DataType == (int)DataType.Int8, TrainingTask.Raw(model, $"{name}/zero")[0]);
            // The outputs are the columns of a matrix, and the first axis of a convolution's weights.
            var inputs = tensor.Dims.Count == 4 ? (int)tensor.Dims[1] : 1;
            return TrainingTask.Raw(model, $"{name}/q").Select((q, index) =>
                Math.Abs((signed ? (sbyte)q - (sbyte)zero : q - zero) * scales[index / inputs % scales.Length]));
        }),
    ];

    /// <summary>A layer of integers for each Gemm, with biases that stay numbers.</summary>
    static ModelProto Model(string form, DataType type, int zero)
    {
        var model = SmallNetwork.Make();
        var graph = model.Graph;
        var isConvolution = IsConvolution(form);
        foreach (var name in new[] { "w1", "w2" })
        {
            var tensor = graph.Initializer.Single(found => found.Name == name);
            var (values, inputs, outputs) = (TrainingTask.Numbers(model, name), (int)tensor.Dims[0], (int)tensor.Dims[1]);
            if (isConvolution) values = [.. Enumerable.Range(0, values.Length).Select(index => values[index % inputs * outputs + index / inputs])];
            int Channel(int index) => isConvolution ? index / inputs : index % outputs;
            var most = Enumerable.Range(0, outputs).Select(output => values.Where((_, index) => Channel(index) == output).Max(Math.Abs) / 110 * (1 + output % 3)).ToArray();
            // What sums integers is not told of channels.
            float[] scales = form == "ConvInteger" ? [most.Max()] : most;
            graph.Initializer.Remove(tensor);
            Add(graph, $"{name}/q", type, isConvolution ? [outputs, inputs, 1, 1] : [inputs, outputs],
                [.. values.Select((value, index) => (byte)((int)Math.Round(value / scales[Channel(index) % scales.Length]) + zero))]);
            Add(graph, $"{name}/scale", DataType.Float, scales.Length == 1 ? [] : [outputs], MemoryMarshal.AsBytes<float>(scales).ToArray());
            var zeros = form is "ConvInteger" or "MatMulInteger" or "QLinearConv" ? 1 : outputs;
            Add(graph, $"{name}/zero", type, zeros == 1 ? [] : [zeros], [.. Enumerable.Repeat((byte)zero, zeros)]);
        }
        if (isConvolution) Add(graph, "shape", DataType.Int64, [4], MemoryMarshal.AsBytes<long>([0, -1, 1, 1]).ToArray());
        if (form.StartsWith('Q'))
        {
            Add(graph, "s", DataType.Float, [], BitConverter.GetBytes(1 / 16f));
            Add(graph, "z", DataType.Uint8, [], [ActivationZero]);
        }
        foreach (var gemm in graph.Node.Where(node => node.OpType == "Gemm").ToList())
        {
            var place = graph.Node.IndexOf(gemm);
            graph.Node.RemoveAt(place);
            foreach (var node in Layer(form, gemm.Input[0], gemm.Input[1], gemm.Input[2], gemm.Output[0])) graph.Node.Insert(place++, node);
        }
        return model;
    }

    static List<NodeProto> Layer(string form, string x, string w, string bias, string y)
    {
        string[] weights = [$"{w}/q", $"{w}/scale", $"{w}/zero"];
        if (form == "DequantizeLinear")
            return [TestModels.Node(form, weights, w, TestModels.Attribute("axis", 1)), TestModels.Node("Gemm", [x, w, bias], y)];
        var isConvolution = IsConvolution(form);
        var (from, to) = (isConvolution ? $"{w}/x" : x, isConvolution ? $"{w}/y" : $"{w}/flat");
        List<NodeProto> nodes = isConvolution ? [TestModels.Node("Reshape", [x, "shape"], from)] : [];
        if (form.StartsWith('Q'))
        {
            nodes.Add(TestModels.Node("QuantizeLinear", [from, "s", "z"], $"{w}/xq"));
            nodes.Add(TestModels.Node(form, [$"{w}/xq", "s", "z", .. weights, "s", "z"], $"{w}/yq"));
            nodes.Add(TestModels.Node("DequantizeLinear", [$"{w}/yq", "s", "z"], to));
        }
        else
        {
            var dynamic = TestModels.Node("DynamicQuantizeLinear", [from], $"{w}/xq");
            dynamic.Output.Add([$"{w}/xs", $"{w}/xz"]);
            nodes.Add(dynamic);
            nodes.Add(TestModels.Node(form, [$"{w}/xq", $"{w}/q", $"{w}/xz", $"{w}/zero"], $"{w}/sums"));
            nodes.Add(TestModels.Node("Cast", [$"{w}/sums"], $"{w}/floats", TestModels.Attribute("to", (int)DataType.Float)));
            nodes.Add(TestModels.Node("Mul", [$"{w}/xs", $"{w}/scale"], $"{w}/scales"));
            nodes.Add(TestModels.Node("Mul", [$"{w}/floats", $"{w}/scales"], to));
        }
        if (isConvolution) nodes.Add(TestModels.Node("Flatten", [to], $"{w}/flat"));
        nodes.Add(TestModels.Node("Add", [$"{w}/flat", bias], y));
        return nodes;
    }

    static bool IsConvolution(string form) => form.Contains("Conv", StringComparison.Ordinal);

    static void Add(GraphProto graph, string name, DataType type, long[] shape, byte[] bytes) =>
        graph.Initializer.Add(new TensorProto { Name = name, DataType = (int)type, Dims = { shape }, RawData = ByteString.CopyFrom(bytes) });
}
