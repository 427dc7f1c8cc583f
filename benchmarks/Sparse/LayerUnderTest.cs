using System.Runtime.InteropServices;
using Elsa.MLNet.Kernels;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Sparse;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>
/// One layer with bias and Relu whose weights have all sparse levels in one pack, as a session of ONNX Runtime's dense kernel
/// and as sessions of ours, over bound memory.
/// </summary>
sealed class LayerUnderTest : IDisposable
{
    public static readonly double[] Sparsities = [0.8, 0.9, 0.95, 0.98];

    readonly LevelPacks _packs;
    readonly ParentModel _parent;
    readonly InferenceSession _dense;
    readonly OrtValue _input, _output;
    readonly RunOptions _options = new();
    readonly ElsaExecutionOptions _execution;
    readonly Dictionary<string, long[]> _shapes;

    LayerUnderTest(NodeProto node, long[] input, long[] output, int[] weights, int threads)
    {
        _execution = new ElsaExecutionOptions { IntraOpNumThreads = threads };
        var graph = new GraphProto { Name = "layer", Input = { Value("x", input) }, Output = { Value("y", output) } };
        graph.Node.Add(node);
        graph.Node.Add(new NodeProto { OpType = "Relu", Name = "relu", Input = { "h" }, Output = { "y" } });
        var random = new Random(1);
        graph.Initializer.Add(Random("w", random, weights));
        graph.Initializer.Add(Random("b", random, weights[0]));
        var model = MaskableModel.From(new ModelProto { IrVersion = 8, Graph = graph, OpsetImport = { new OperatorSetIdProto { Version = 17 } } });
        _parent = ParentModel.Create(model, new ParentContent
        {
            Masks = ElsaAllocation.Global.Masks(model, ElsaImportance.Magnitude, Sparsities),
            LevelNames = [.. Sparsities.Select(ElsaLevel.NameOf)],
            Fit = new ElsaFit { Method = "none", Importance = "magnitude", Allocation = "global" },
        });
        _packs = new LevelPacks(new ParentLevels(_parent));
        _shapes = new Dictionary<string, long[]> { ["x"] = input, ["h"] = output, ["y"] = output };
        _dense = SessionOpening.Open(_parent.Extract(1), _execution, takesTurns: true);
        var values = new float[input.Aggregate(1L, (product, size) => product * size)];
        foreach (ref var value in values.AsSpan()) value = random.NextSingle();
        _input = OrtValue.CreateTensorValueFromMemory(values, input);
        _output = OrtValue.CreateTensorValueFromMemory(new float[output.Aggregate(1L, (product, size) => product * size)], output);
    }

    public static LayerUnderTest Gemm(int rows, int inputs, int outputs, int threads)
    {
        var node = new NodeProto { OpType = "Gemm", Name = "layer", Input = { "x", "w", "b" }, Output = { "h" } };
        node.Attribute.Add(new AttributeProto { Name = "transB", Type = AttributeProto.Types.AttributeType.Int, I = 1 });
        return new LayerUnderTest(node, [rows, inputs], [rows, outputs], [outputs, inputs], threads);
    }

    public static LayerUnderTest Conv(int batch, int channels, int outputs, int size, int kernel, int stride, int threads)
    {
        var pad = kernel / 2;
        var node = new NodeProto { OpType = "Conv", Name = "layer", Input = { "x", "w", "b" }, Output = { "h" } };
        node.Attribute.Add(Integers("kernel_shape", kernel, kernel));
        node.Attribute.Add(Integers("strides", stride, stride));
        node.Attribute.Add(Integers("pads", pad, pad, pad, pad));
        var output = (size + 2 * pad - kernel) / stride + 1;
        return new LayerUnderTest(node, [batch, channels, size, size], [batch, outputs, output, output], [outputs, channels, kernel, kernel], threads);
    }

    public void Dense() => Run(_dense);

    /// <summary>A session of ours for a level; the instruction set is that of kernels made now.</summary>
    public InferenceSession Sparse(int level, InstructionSet set)
    {
        var before = InstructionSets.Current;
        InstructionSets.Current = set;
        try
        {
            var model = _parent.Extract(level);
            var layers = LayerLowering.Find(model, _parent.Masks.TensorNames, _shapes);
            return SessionOpening.Open(
                LayerLowering.Apply(model, [.. layers], level, _execution.IntraOpNumThreads!.Value, _packs.Handle, isTiled: false), _execution,
                takesTurns: true);
        }
        finally
        {
            InstructionSets.Current = before;
        }
    }

    public void Run(InferenceSession session) => session.Run(_options, ["x"], [_input], ["y"], [_output]);

    public void Dispose()
    {
        _dense.Dispose();
        _packs.Dispose();
        _input.Dispose();
        _output.Dispose();
        _options.Dispose();
    }

    static AttributeProto Integers(string name, params long[] values) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };

    static TensorProto Random(string name, Random random, params int[] shape)
    {
        var values = new float[shape.Aggregate(1, (product, size) => product * size)];
        foreach (ref var value in values.AsSpan()) value = random.NextSingle() * 2 - 1;
        return new TensorProto
        {
            Name = name,
            DataType = (int)DataType.Float,
            Dims = { shape.Select(size => (long)size) },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)),
        };
    }

    static ValueInfoProto Value(string name, long[] shape) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)DataType.Float,
                Shape = new TensorShapeProto { Dim = { shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }) } },
            },
        },
    };
}
