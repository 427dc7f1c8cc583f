using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using Quickstart.Network;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class PixelFoldingTests
{
    const int Channels = 3, Height = 4, Width = 8, Rows = 2;

    static readonly double[] Mean = [124, 116.5, 104], Deviation = [58.25, 57, 57.5];

    static ModelProto Network() => RandomNetwork.Create(Channels, Height, Width, 5, seed: 3);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_folded_network_computes_what_it_did_for_pixels_made_by_hand(bool interleaved)
    {
        var (pixels, prepared) = (Pixels(interleaved), Prepared(Mean, Deviation));
        var model = Network();
        var expected = Run(model, prepared, [Rows, Channels, Height, Width]);
        new PixelFolding(interleaved, Mean, Deviation).Apply(model);
        Assert.AreSequenceEqual(expected, Run(model, pixels, Shape(interleaved)));
    }

    [TestMethod]
    public void One_mean_and_deviation_serve_all_channels()
    {
        var model = Network();
        var expected = Run(model, Prepared([100, 100, 100], [50, 50, 50]), [Rows, Channels, Height, Width]);
        new PixelFolding(false, [100], [50]).Apply(model);
        Assert.AreSequenceEqual(expected, Run(model, Pixels(false), Shape(false)));
    }

    [TestMethod]
    public void Only_what_is_asked_for_is_put_in_front()
    {
        var (untouched, centred, turned) = (Network(), Network(), Network());
        new PixelFolding(false, [], []).Apply(untouched);
        new PixelFolding(false, Mean, []).Apply(centred);
        new PixelFolding(true, [], []).Apply(turned);
        Assert.AreEqual(Network(), untouched);
        Assert.AreSequenceEqual(["Constant", "Sub", "Conv"], centred.Graph.Node.Take(3).Select(node => node.OpType));
        Assert.AreSequenceEqual(["Transpose", "Conv"], turned.Graph.Node.Take(2).Select(node => node.OpType));
    }

    [TestMethod]
    public void The_input_keeps_its_name_and_says_its_new_shape()
    {
        var model = Network();
        new PixelFolding(true, Mean, Deviation).Apply(model);
        var input = model.Graph.Input.Single();
        Assert.AreEqual("image [N,4,8,3]", $"{input.Name} {TypeText.ShapeOf(input.Type)}");
        Assert.AreSequenceEqual(Network().Graph.Initializer, model.Graph.Initializer);
    }

    [TestMethod]
    [DataRow(DataType.Double)]
    [DataRow(DataType.Float16)]
    public void Other_floating_point_inputs_are_computed_in_their_own_type(DataType type)
    {
        var model = Identity(type);
        new PixelFolding(true, [1, 2], [4]).Apply(model);
        var outputs = ModelRun.AsWritten(model)[0];
        var plain = ModelRun.AsWritten(Identity(type, 3, 2))[0];
        double[] Numbers(byte[] bytes) => type == DataType.Double
            ? [.. Enumerable.Range(0, bytes.Length / 8).Select(index => BitConverter.ToDouble(bytes, 8 * index))]
            : [.. Enumerable.Range(0, bytes.Length / 2).Select(index => (double)BitConverter.ToHalf(bytes, 2 * index))];
        var (folded, drawn) = (Numbers(outputs), Numbers(plain));
        for (var channel = 0; channel < 2; channel++)
            for (var pixel = 0; pixel < 3; pixel++)
                Assert.AreEqual((drawn[2 * pixel + channel] - (channel + 1)) / 4, folded[3 * channel + pixel], 1e-3);
    }

    [TestMethod]
    public void Branches_see_the_prepared_pixels_too()
    {
        var model = Identity(DataType.Float);
        var branch = new GraphProto { Name = "then", Node = { Node("Neg", "x", "negative") }, Output = { TestModels.Value("negative", DataType.Float, [1, 2, 1, 3]) } };
        var shadowed = new GraphProto { Name = "else", Node = { Node("Neg", "y", "other") }, Output = { TestModels.Value("other", DataType.Float, [1, 2, 1, 3]) } };
        var choice = Node("If", "yes", "chosen");
        choice.Attribute.Add(new AttributeProto { Name = "then_branch", Type = AttributeProto.Types.AttributeType.Graph, G = branch });
        choice.Attribute.Add(new AttributeProto { Name = "else_branch", Type = AttributeProto.Types.AttributeType.Graph, G = shadowed });
        model.Graph.Initializer.Add(new TensorProto { Name = "yes", DataType = (int)DataType.Bool, RawData = ByteString.CopyFrom(1) });
        model.Graph.Node.Add(choice);
        model.Graph.Output.Add(TestModels.Value("chosen", DataType.Float, [1, 2, 1, 3]));
        new PixelFolding(false, [1], []).Apply(model);
        var outputs = ModelRun.Floats(model);
        Assert.AreSequenceEqual(outputs[0].Select(value => -value), outputs[1]);
    }

    [TestMethod]
    public void A_model_whose_initializers_are_inputs_keeps_its_one_input_to_feed()
    {
        var model = Network();
        model.IrVersion = 3;
        foreach (var tensor in model.Graph.Initializer)
            model.Graph.Input.Add(TestModels.Value(tensor.Name, DataType.Float, [.. tensor.Dims.Select(size => (object)(int)size)]));
        var inputs = model.Graph.Input.Count;
        new PixelFolding(false, Mean, Deviation).Apply(model);
        Assert.HasCount(inputs, model.Graph.Input);
        Assert.HasCount(inputs - 1, model.Graph.Initializer);
        Assert.HasCount(Rows * 5, Run(model, Pixels(false), Shape(false)));
    }

    [TestMethod]
    public void A_wrong_number_of_means_is_refused() =>
        Refused(Network(), new PixelFolding(false, [1, 2], []), "Got 2 means and the model's pictures have 3 channels");

    [TestMethod]
    public void A_wrong_number_of_deviations_is_refused() =>
        Refused(Network(), new PixelFolding(false, [], [1, 2, 3, 4]), "Got 4 deviations");

    [TestMethod]
    public void A_model_of_an_old_opset_is_refused()
    {
        var model = Network();
        model.OpsetImport[0].Version = 6;
        Refused(model, new PixelFolding(false, Mean, []), "opset 6");
    }

    [TestMethod]
    public void A_model_of_several_inputs_is_refused()
    {
        var model = Network();
        model.Graph.Input.Add(TestModels.Value("more", DataType.Float, [1]));
        Refused(model, new PixelFolding(false, Mean, []), "2 inputs");
    }

    [TestMethod]
    public void An_input_that_is_no_picture_is_refused() =>
        Refused(TestModels.Mlp(), new PixelFolding(false, [1], []), "'x' is float32 [N,6]");

    static void Refused(ModelProto model, PixelFolding folding, string why) =>
        Assert.Contains(why, Assert.ThrowsExactly<ArgumentException>(() => folding.Apply(model)).Message);

    static float[] Pixels(bool interleaved)
    {
        var random = new Random(5);
        var planar = Enumerable.Range(0, Rows * Channels * Height * Width).Select(_ => (float)random.Next(256)).ToArray();
        return interleaved ? Reordered(planar) : planar;
    }

    static float[] Reordered(float[] planar)
    {
        var interleaved = new float[planar.Length];
        for (var row = 0; row < Rows; row++)
            for (var channel = 0; channel < Channels; channel++)
                for (var pixel = 0; pixel < Height * Width; pixel++)
                    interleaved[(row * Height * Width + pixel) * Channels + channel] = planar[(row * Channels + channel) * Height * Width + pixel];
        return interleaved;
    }

    static float[] Prepared(double[] mean, double[] deviation) => [.. Pixels(false).Select((value, index) =>
        (value - (float)mean[index / (Height * Width) % Channels]) / (float)deviation[index / (Height * Width) % Channels])];

    static long[] Shape(bool interleaved) => interleaved ? [Rows, Height, Width, Channels] : [Rows, Channels, Height, Width];

    // Node by node: what ONNX Runtime fuses or lays out anew may round differently.
    static float[] Run(ModelProto model, float[] values, long[] shape)
    {
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL };
        using var session = new InferenceSession(model.ToByteArray(), options);
        using var input = OrtValue.CreateTensorValueFromMemory(values, shape);
        using var run = new RunOptions();
        using var outputs = session.Run(run, ["image"], [input], ["scores"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>x [1, 2, 1, 3] to y.</summary>
    static ModelProto Identity(DataType type, params long[] picture)
    {
        long[] shape = picture.Length == 0 ? [1, 2, 1, 3] : [1, 1, .. picture];
        return new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 17 } },
            Graph = new GraphProto
            {
                Name = "identity",
                Input = { TestModels.Value("x", type, [.. shape.Select(size => (object)(int)size)]) },
                Output = { TestModels.Value("y", type, [.. shape.Select(size => (object)(int)size)]) },
                Node = { Node("Identity", "x", "y") },
            },
        };
    }

    static NodeProto Node(string type, string input, string output) => new() { Name = output, OpType = type, Input = { input }, Output = { output } };
}
