using System.Diagnostics;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.AttributeProto.Types;

namespace Elsa.MLNet.Operators;

/// <summary>Runs both sparse operators on numbers whose result is known.</summary>
internal static class SparseSelfTest
{
    // Level 1 drops the weight -1 in the middle of the first row.
    private static readonly float[] Weights = [2, -1, 3, 1, 4, 5];
    private static readonly byte[] Levels = [1, 0, 1, 1, 1, 1];
    private static readonly float[] Input = [1, 10, 100];
    private static readonly float[] Shift = [-1000, 7];
    private static readonly float[] Expected = [0, 548];

    // .NET compiles a method anew, and faster, after 30 calls: what surrounds the kernels is hot before it is timed.
    private const int Runs = 40;

    /// <summary>Null if the operators are right, else what is wrong.</summary>
    public static string? Run()
    {
        try
        {
            using var weights = SparsePacks.Create(Weights, Levels, 2, 3, 1, 2);
            bool right = Matches("SparseMatMul", weights, [1, 3])
                && Matches("SparseConv", weights, [1, 1, 3],
                    new AttributeProto { Name = "kernel_shape", Type = AttributeType.Ints, Ints = { 3 } });
            return right ? null : "Elsa's sparse operators computed a wrong answer in their self-test; they are not used.";
        }
        catch (Exception error) when (error is not UnreachableException)
        {
            return $"Elsa's sparse operators do not run in this process: {error.Message}";
        }
    }

    private static bool Matches(string op, SparseWeights weights, long[] shape, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Domain = ElsaOperators.Domain, Input = { "x", "", "shift" }, Output = { "y" } };
        node.Attribute.Add(attributes);
        node.Attribute.Add(new AttributeProto { Name = "pack", Type = AttributeType.Int, I = weights.Handle });
        node.Attribute.Add(new AttributeProto { Name = "activation", Type = AttributeType.Int, I = 1 });
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
                Name = "self-test",
                Node = { node },
                Input = { Float("x"), Float("shift") },
                Output = { Float("y") },
            },
        };
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        ElsaOperators.Register(options);
        using var session = new InferenceSession(model.ToByteArray(), options);
        using var x = OrtValue.CreateTensorValueFromMemory(Input, shape);
        using var shift = OrtValue.CreateTensorValueFromMemory(Shift, [2]);
        using var run = new RunOptions();
        for (int i = 0; i < Runs; i++)
        {
            using var results = session.Run(run, ["x", "shift"], [x, shift], ["y"]);
            if (!results[0].GetTensorDataAsSpan<float>().SequenceEqual(Expected))
                return false;
        }
        return true;
    }

    private static ValueInfoProto Float(string name) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float },
        },
    };
}
