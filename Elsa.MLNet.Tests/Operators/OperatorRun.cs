using Elsa.MLNet.Kernels;
using Elsa.MLNet.Operators;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.AttributeProto.Types;

namespace Elsa.MLNet.Tests.Operators;

/// <summary>A session of one node of domain ai.elsa.</summary>
sealed class OperatorRun : IDisposable
{
    readonly InferenceSession _session;

    public OperatorRun(string op, string[] inputs, string[] outputs, int threads = 1, params AttributeProto[] attributes)
    {
        var model = new ModelProto
        {
            IrVersion = 8,
            OpsetImport =
            {
                new OperatorSetIdProto { Version = 17 },
                new OperatorSetIdProto { Domain = ElsaOperators.Domain, Version = 1 },
            },
            Graph = new GraphProto
            {
                Name = "operator",
                Node = { new NodeProto { OpType = op, Domain = ElsaOperators.Domain, Name = "node", Input = { inputs }, Output = { outputs }, Attribute = { attributes } } },
                Input = { inputs.Where(name => name.Length > 0).Select(Float) },
                Output = { outputs.Select(Float) },
            },
        };
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        ElsaOperators.Register(options);
        _session = new InferenceSession(model.ToByteArray(), options);
    }

    public float[][] Run(params (float[] Values, long[] Shape)[] inputs)
    {
        var names = _session.InputMetadata.Keys.ToArray();
        var values = inputs.Select(input => OrtValue.CreateTensorValueFromMemory(input.Values, input.Shape)).ToArray();
        try
        {
            using var run = new RunOptions();
            using var outputs = _session.Run(run, names, values, _session.OutputNames);
            return [.. outputs.Select(output => output.GetTensorDataAsSpan<float>().ToArray())];
        }
        finally
        {
            foreach (var value in values) value.Dispose();
        }
    }

    public void Dispose() => _session.Dispose();

    public static AttributeProto Integers(string name, params long[] values) =>
        new() { Name = name, Type = AttributeType.Ints, Ints = { values } };

    public static AttributeProto Integer(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    public static AttributeProto Real(string name, float value) => new() { Name = name, Type = AttributeType.Float, F = value };

    public static float[] Draw(long length, Random random) =>
        [.. Enumerable.Range(0, (int)length).Select(_ => random.NextSingle() * 2 - 1)];

    /// <summary>The instruction sets that this machine can run.</summary>
    public static IEnumerable<object[]> InstructionSetsHere() =>
        Enum.GetValues<InstructionSet>().Where(set => set <= InstructionSets.Widest).Select(set => new object[] { set });

    /// <summary>Does something with kernels of one instruction set.</summary>
    public static void With(InstructionSet set, Action action)
    {
        var before = InstructionSets.Current;
        InstructionSets.Current = set;
        try
        {
            action();
        }
        finally
        {
            InstructionSets.Current = before;
        }
    }

    /// <summary>The error's norm is under 1e-5 of the expected values' norm.</summary>
    // summed: the magnitudes that were added up; rounding is relative to them, not to what is left.
    public static void AreClose(double[] expected, float[] actual, string what, double summed = 0)
    {
        Assert.HasCount(expected.Length, actual, what);
        double norm = Math.Sqrt(expected.Sum(value => value * value));
        double error = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum());
        Assert.IsTrue(error <= 1e-5 * norm + 1e-7 * (1 + summed), $"{what}: error {error} of norm {norm}");
    }

    static ValueInfoProto Float(string name) => new()
    {
        Name = name,
        Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float } },
    };
}
