using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class SubgraphTests
{
    [TestMethod]
    public void Weights_in_both_branches_of_an_If_are_masked()
    {
        var model = Model("If", ["flag"], Branch("then", 1), Branch("else", 2));
        model.Graph.Input.Add(TestModels.Value("flag", DataType.Bool, []));
        model.Graph.Node[0].Attribute[0].Name = "then_branch";
        model.Graph.Node[0].Attribute[1].Name = "else_branch";
        MasksAndRuns(model, "If_y/then_branch/w", "If_y/else_branch/w");
    }

    [TestMethod]
    public void Weights_in_the_body_of_a_Loop_are_masked()
    {
        var model = Model("Loop", ["trips", "", "x"], Body(
            [TestModels.Value("i", DataType.Int64, []), TestModels.Value("go", DataType.Bool, []), Row("h")],
            [TestModels.Value("going", DataType.Bool, []), Row("h_next")],
            TestModels.Node("Identity", ["go"], "going"), TestModels.Node("MatMul", ["h", "w"], "h_next")));
        var trips = TestModels.Integers("trips", 2);
        trips.Dims.Clear();
        model.Graph.Initializer.Add(trips);
        MasksAndRuns(model, "Loop_y/body/w");
    }

    [TestMethod]
    public void Weights_in_the_body_of_a_Scan_are_masked()
    {
        var model = Model("Scan", ["x", "steps"], Body([Row("h"), Row("step")], [Row("h_next")],
            TestModels.Node("MatMul", ["h", "w"], "p"), TestModels.Node("Add", ["p", "step"], "h_next")));
        model.Graph.Node[0].Attribute.Add(TestModels.Attribute("num_scan_inputs", 1));
        model.Graph.Initializer.Add(TestModels.Random("steps", DataType.Float, 8, 3, 1, 4));
        MasksAndRuns(model, "Scan_y/body/w");
    }

    [TestMethod]
    public void A_weight_of_the_main_graph_is_found_where_a_branch_uses_it()
    {
        var (then, other) = (Branch("then", 1), Branch("else", 2));
        then.Initializer.Clear();
        other.Initializer.Clear();
        var model = Model("If", ["flag"], then, other);
        model.Graph.Node[0].Attribute[0].Name = "then_branch";
        model.Graph.Node[0].Attribute[1].Name = "else_branch";
        model.Graph.Input.Add(TestModels.Value("flag", DataType.Bool, []));
        model.Graph.Initializer.Add(TestModels.Random("w", DataType.Float, 4, 4, 4));
        MasksAndRuns(model, "w");
    }

    [TestMethod]
    public void A_weight_that_an_inner_name_hides_is_another_weight()
    {
        var model = Model("If", ["flag"], Branch("then", 1), Branch("else", 2));
        model.Graph.Node[0].Attribute[0].Name = "then_branch";
        model.Graph.Node[0].Attribute[1].Name = "else_branch";
        model.Graph.Initializer.Add(TestModels.Random("w", DataType.Float, 4, 2, 2));
        var report = MaskableModel.From(model).Report;
        CollectionAssert.AreEqual(new[] { "If_y/then_branch/w", "If_y/else_branch/w" }, report.Maskable.Select(tensor => tensor.Name).ToArray());
        Assert.AreEqual(new DenseTensor("w", 4, "it is not the weight of an operator that can be masked"), report.LeftDense.Single());
    }

    [TestMethod]
    public void Names_that_stand_for_several_tensors_are_left_dense()
    {
        // A tensor of the main graph is named as the way to that in the branch would be, though no layer's weight.
        var model = Model("If", ["flag"], Branch("then", 1), Branch("else", 2));
        model.Graph.Node[0].Attribute[0].Name = "then_branch";
        model.Graph.Node[0].Attribute[1].Name = "else_branch";
        model.Graph.Initializer.Add(TestModels.Random("If_y/then_branch/w", DataType.Float, 4, 2, 2));
        var report = MaskableModel.From(model).Report;
        CollectionAssert.AreEqual(new[] { "If_y/else_branch/w" }, report.Maskable.Select(tensor => tensor.Name).ToArray());
        Assert.IsTrue(report.LeftDense.Any(tensor => tensor.Reason == "its name stands for several tensors"));
    }

    static void MasksAndRuns(ModelProto model, params string[] names)
    {
        var maskable = MaskableModel.From(model);
        CollectionAssert.AreEqual(names, maskable.Report.Maskable.Select(tensor => tensor.Name).ToArray());
        var parent = ParentModel.Parse(ParentModel.Create(maskable, Parents.Halves(maskable)).ToBytes());

        var level = parent.Extract(1);

        // The oracle: zeros written by hand at the odd positions.
        var zeroed = model.Clone();
        var weights = new TensorIndex(zeroed);
        foreach (var name in names)
        {
            Assert.IsTrue(weights.TryGet(name, out var tensor));
            var values = MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray();
            for (var position = 1; position < values.Length; position += 2) values[position] = 0;
            tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values));
        }
        Assert.AreEqual(zeroed, level);
        CollectionAssert.AreEqual(ModelRun.Of(zeroed)[0], ModelRun.Of(level)[0]);
        CollectionAssert.AreEqual(ModelRun.Of(model)[0], ModelRun.Of(parent.Extract(0))[0]);
        CollectionAssert.AreNotEqual(ModelRun.Of(model)[0], ModelRun.Of(level)[0]);
    }

    static ModelProto Model(string type, string[] inputs, params GraphProto[] bodies)
    {
        var attributes = bodies.Select(body => new AttributeProto { Name = "body", Type = AttributeProto.Types.AttributeType.Graph, G = body });
        return TestModels.Model([("x", [1, 4])], [("y", [1, 4])], DataType.Float, [TestModels.Node(type, inputs, "y", [.. attributes])], []);
    }

    /// <summary>x times a weight of its own, where x is the main graph's.</summary>
    static GraphProto Branch(string name, int seed) => new()
    {
        Name = name,
        Node = { TestModels.Node("MatMul", ["x", "w"], name + "_y") },
        Initializer = { TestModels.Random("w", DataType.Float, seed, 4, 4) },
        Output = { Row(name + "_y") },
    };

    static GraphProto Body(ValueInfoProto[] inputs, ValueInfoProto[] outputs, params NodeProto[] nodes)
    {
        var body = new GraphProto { Name = "body", Initializer = { TestModels.Random("w", DataType.Float, 6, 4, 4) } };
        body.Input.Add(inputs);
        body.Output.Add(outputs);
        body.Node.Add(nodes);
        return body;
    }

    static ValueInfoProto Row(string name) => TestModels.Value(name, DataType.Float, [1, 4]);
}
