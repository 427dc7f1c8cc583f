using System.Diagnostics;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Operators;

/// <summary>The operators of domain <c>ai.elsa</c>, written in C# and called by ONNX Runtime.</summary>
internal static class ElsaOperators
{
    /// <summary>Domain of the operators in a model.</summary>
    public const string Domain = "ai.elsa";

    private static readonly ElsaOperator[] All =
    [
        new BatchNormalizationTrainingOperator(),
        new BatchNormalizationGradientOperator(),
        new ConvOperator(),
        new ConvInputGradientOperator(),
        new ConvWeightGradientOperator(),
        new DenseConvOperator(),
        new MaxPoolOperator(),
        new ReluGradientOperator(),
        new SgdOperator(),
        new SliceGradientOperator(),
        new SparseConvOperator(),
        new SparseConvPoolOperator(),
        new SparseMatMulOperator(),
    ];

    private static readonly Lazy<nint> NativeDomain = new(CreateDomain);
    private static readonly Lazy<string?> Unavailable = new(SelfTest);
    private static readonly Lazy<string?> SparseUnavailable = new(SparseSelfTest.Run);

    /// <summary>The machine instructions that kernels use which are created now.</summary>
    public static string Instructions => Kernels.InstructionSets.Current.ToString();

    /// <summary>Whether this process can run the operators: null if it can, otherwise why it cannot.</summary>
    public static string? Availability => Unavailable.Value;

    /// <summary>Whether the sparse operators compute here what they should: null if they do, otherwise why they are not
    /// used.</summary>
    public static string? SparseAvailability => Availability ?? SparseUnavailable.Value;

    /// <summary>Whether this process can run a node of the domain: convolutions are over images.</summary>
    public static bool CanRun(NodeProto node) => Availability is null && All.Any(op => op.Name == node.OpType)
        && node.Attribute.All(attribute => attribute.Name != "kernel_shape" || attribute.Ints.Count == 2);

    /// <summary>Lets sessions of these options run models with nodes of the domain.</summary>
    /// <exception cref="NotSupportedException">The operators cannot run in this process.</exception>
    public static void Register(SessionOptions options)
    {
        if (Availability is { } reason)
            throw new NotSupportedException(reason);
        RuntimeApi.AddDomain(options, NativeDomain.Value);
    }

    private static nint CreateDomain()
    {
        nint domain = RuntimeApi.CreateDomain(Domain);
        foreach (var op in All)
            RuntimeApi.AddOperator(domain, NativeOperator.Create(op));
        return domain;
    }

    private static string? SelfTest()
    {
        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            RuntimeApi.AddDomain(options, NativeDomain.Value);
            using var session = new InferenceSession(SelfTestModel().ToByteArray(), options);
            using var gradient = OrtValue.CreateTensorValueFromMemory(new float[] { 3, 5, 7 }, [3]);
            using var output = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 0, 2 }, [3]);
            using var run = new RunOptions();
            using var results = session.Run(run, ["dy", "y"], [gradient, output], ["dx"]);
            return results[0].GetTensorDataAsSpan<float>().SequenceEqual([3f, 0f, 7f])
                ? null
                : "Elsa's operators for ONNX Runtime computed a wrong answer in their self-test; they are not used.";
        }
        catch (Exception error) when (error is not UnreachableException)
        {
            return $"Elsa's operators for ONNX Runtime do not run in this process: {error.Message}";
        }
    }

    private static ModelProto SelfTestModel() => new()
    {
        IrVersion = 8,
        OpsetImport =
        {
            new OperatorSetIdProto { Version = 17 },
            new OperatorSetIdProto { Domain = Domain, Version = 1 },
        },
        Graph = new GraphProto
        {
            Name = "self-test",
            Node =
            {
                new NodeProto { OpType = "ReluGradient", Domain = Domain, Input = { "dy", "y" }, Output = { "dx" } },
            },
            Input = { Vector("dy"), Vector("y") },
            Output = { Vector("dx") },
        },
    };

    private static ValueInfoProto Vector(string name) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)TensorProto.Types.DataType.Float,
                Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 3 } } },
            },
        },
    };
}
