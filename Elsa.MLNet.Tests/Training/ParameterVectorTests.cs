using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Gradients;
using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Training;
using Microsoft.ML.OnnxRuntime.Tensors;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Parameters one behind the other.</summary>
[TestClass]
public sealed class ParameterVectorTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    public void What_is_cut_and_joined_again_is_the_same(int count)
    {
        (string Name, int[] Shape)[] all = [("a", [2, 3]), ("b", [5]), ("c", []), ("d", [1, 2, 2, 1])];
        var layout = SmallParameters.Layout(all[..count]);
        var graph = new GraphProto { Name = "test" };
        var builder = new GraphBuilder(graph, "t/");
        builder.Append("Identity", "",
            [layout.Join(builder, layout.Parts.ToDictionary(part => part.Name, part => part.Name))], ["joined"]);
        layout.Open(graph, builder);
        graph.Output.Add(GraphValue.Of("joined", new ValueShape(DataType.Float, layout.Length)));
        foreach (var part in layout.Parts)
            graph.Output.Add(GraphValue.Of(part.Name, new ValueShape(DataType.Float, part.Shape)));
        var values = SmallParameters.Values(layout.Length);

        var outputs = Run(graph, layout, values);
        Assert.AreSequenceEqual(Bytes(values), outputs[0].Bytes);
        foreach (var (part, output) in layout.Parts.Zip(outputs.Skip(1)))
        {
            Assert.AreEqual(string.Join(',', part.Shape), output.Dimensions);
            Assert.AreSequenceEqual(ParameterVector.Bytes(part, values), output.Bytes);
        }
    }

    [TestMethod]
    public void A_missing_value_counts_as_zeros()
    {
        var layout = SmallParameters.Layout(("a", [2, 3]), ("b", [5]));
        var graph = new GraphProto { Name = "test" };
        var builder = new GraphBuilder(graph, "t/");
        builder.Append("Identity", "", [layout.Join(builder, new Dictionary<string, string> { ["b"] = "b" })],
            ["joined"]);
        layout.Open(graph, builder);
        graph.Output.Add(GraphValue.Of("joined", new ValueShape(DataType.Float, layout.Length)));
        var values = SmallParameters.Values(layout.Length);
        Assert.AreSequenceEqual(Bytes([0, 0, 0, 0, 0, 0, .. values[6..]]), Run(graph, layout, values)[0].Bytes);
    }

    [TestMethod]
    public void Values_are_read_from_the_model_in_order()
    {
        var model = TestModels.Mlp();
        var layout = new ParameterVector("weights", ((string[])["w2", "b1", "w1"]).Select(name =>
            model.Graph.Initializer.Single(tensor => tensor.Name == name)));
        var values = layout.Read(MaskableModel.From(model));
        Assert.HasCount(24 + 8 + 48, values);
        foreach (var part in layout.Parts)
            Assert.AreSequenceEqual(model.Graph.Initializer.Single(tensor =>
                tensor.Name == part.Name).RawData.ToByteArray(), ParameterVector.Bytes(part, values));
    }

    [TestMethod]
    public void An_empty_vector_is_no_input()
    {
        var graph = new GraphProto();
        new ParameterVector("none", []).Open(graph, new GraphBuilder(graph, "t/"));
        Assert.IsEmpty(graph.Input);
        Assert.IsEmpty(graph.Node);
    }

    static List<(TensorElementType Type, string Dimensions, byte[] Bytes)> Run(GraphProto graph,
        ParameterVector layout, float[] values)
    {
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 18 });
        var vector = new TensorProto { Name = layout.Name, DataType = (int)DataType.Float, Dims = { values.Length } };
        TensorBytes.SetRaw(vector, Bytes(values));
        return UpgradeCheck.Outputs(model, new Dictionary<string, TensorProto> { [layout.Name] = vector });
    }

    static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
