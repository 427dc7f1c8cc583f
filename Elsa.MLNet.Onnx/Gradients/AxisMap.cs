using System.Runtime.InteropServices;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// A linear map along one axis, the same for every line: output element o is the sum over i of weight[o, i] times input
/// element i. Its gradient is the transposed map.
/// </summary>
internal sealed class AxisMap(long outputs, long inputs)
{
    readonly double[] _weights = new double[outputs * inputs];

    /// <summary>What an input element counts in an output element.</summary>
    public double this[long output, long input] => _weights[output * inputs + input];

    public void Add(long output, long input, double weight) => _weights[output * inputs + input] += weight;

    /// <summary>Appends the transposed map: an axis of <c>outputs</c> elements becomes one of <c>inputs</c>.</summary>
    /// <param name="graph">Where nodes are appended.</param>
    /// <param name="value">The value to map.</param>
    /// <param name="dimensions">Its dimensions; changed to those of the result.</param>
    /// <param name="axis">The axis.</param>
    /// <param name="type">The element type.</param>
    public string Transposed(GraphBuilder graph, string value, long[] dimensions, int axis, DataType type)
    {
        var (before, after) = (Product(dimensions[..axis]), Product(dimensions[(axis + 1)..]));
        // One product of matrices for the last axis, else one per line of the axes before.
        var product = after == 1
            ? graph.MatMul(graph.Reshape(value, before, outputs), Matrix(graph, type, transpose: false))
            : graph.MatMul(Matrix(graph, type, transpose: true), graph.Reshape(value, before, outputs, after));
        dimensions[axis] = inputs;
        return graph.Reshape(product, dimensions);
    }

    string Matrix(GraphBuilder graph, DataType type, bool transpose)
    {
        var values = new double[_weights.Length];
        for (var output = 0; output < outputs; output++)
            for (var input = 0; input < inputs; input++)
                values[transpose ? input * outputs + output : output * inputs + input] = _weights[output * inputs + input];
        long[] shape = transpose ? [inputs, outputs] : [outputs, inputs];
        return type == DataType.Double
            ? graph.Constant(type, shape, MemoryMarshal.AsBytes<double>(values))
            : graph.Numbers([.. values.Select(value => (float)value)], shape);
    }

    static long Product(long[] dimensions) => dimensions.Aggregate(1L, (product, dimension) => product * dimension);
}
