using Elsa.MLNet.Onnx;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Gradients;

/// <summary>A small graph under test, with values for its inputs.</summary>
sealed class TestGraph(int seed = 1, int opset = GraphBuilder.MinimumOpset)
{
    readonly GraphBuilder _builder = new(new GraphProto { Name = "test" }, "t/");

    public Random Random { get; } = new(seed);

    /// <summary>Version of the standard operators.</summary>
    public int Opset { get; set; } = opset;

    public GraphProto Graph => _builder.Graph;

    /// <summary>Values of the inputs, float32.</summary>
    public Dictionary<string, float[]> Values { get; } = [];

    /// <summary>An input with values drawn evenly from [lowest, highest), or from the given draw.</summary>
    public string Input(long[] dimensions, double lowest = -1, double highest = 1, Func<Random, float>? draw = null)
    {
        var name = $"x{Values.Count}";
        Graph.Input.Add(GraphValue.Of(name, new ValueShape(DataType.Float, dimensions)));
        var values = new float[dimensions.Aggregate(1L, (product, dimension) => product * dimension)];
        foreach (ref var value in values.AsSpan())
            value = draw?.Invoke(Random) ?? (float)(lowest + (highest - lowest) * Random.NextDouble());
        Values.Add(name, values);
        return name;
    }

    /// <summary>An input whose values are all different, at least 0.05 apart and from 0: no two change order under a small step.</summary>
    public string DistinctInput(params long[] dimensions)
    {
        var name = Input(dimensions);
        var order = Enumerable.Range(0, Values[name].Length).ToArray();
        Random.Shuffle(order);
        for (var index = 0; index < order.Length; index++) Values[name][index] = 0.1f * (order[index] - order.Length / 2) + 0.05f;
        return name;
    }

    public string Wholes(params long[] values) => _builder.Wholes(values);

    public string Numbers(float[] values, params long[] dimensions) => _builder.Numbers(values, dimensions);

    public string Node(string operatorType, string[] inputs, params AttributeProto[] attributes) =>
        _builder.Node(operatorType, inputs, attributes);

    public string[] Nodes(string operatorType, string[] inputs, int outputs, params AttributeProto[] attributes) =>
        _builder.Nodes(operatorType, "", inputs, outputs, attributes);

    public ModelProto Model()
    {
        var model = new ModelProto { IrVersion = 10, Graph = Graph.Clone() };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        return model;
    }
}
