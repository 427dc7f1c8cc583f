using Elsa.MLNet.Data;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Signatures;

/// <summary>Small models whose tensors have types of their own, and short ways to score with them.</summary>
internal static class Typed
{
    public static ModelProto Model(ValueInfoProto[] inputs, ValueInfoProto[] outputs, NodeProto[] nodes, params TensorProto[] initializers)
    {
        var model = TestModels.Model([], [], DataType.Float, nodes, initializers);
        model.Graph.Input.Add(inputs);
        model.Graph.Output.Add(outputs);
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 3 });
        return model;
    }

    /// <summary>y = x, of any element type.</summary>
    public static ModelProto Identity(DataType type, params object?[] shape) => Model(
        [TestModels.Value("x", type, shape)], [TestModels.Value("y", type, shape)], [TestModels.Node("Identity", ["x"], "y")]);

    /// <summary>A classifier's head as converters write it: [N, 3] to the largest, and to a map per row.</summary>
    public static ModelProto ZipMap(bool named)
    {
        var keys = new AttributeProto
        {
            Name = named ? "classlabels_strings" : "classlabels_int64s",
            Type = named ? AttributeProto.Types.AttributeType.Strings : AttributeProto.Types.AttributeType.Ints,
        };
        if (named)
            keys.Strings.Add(new[] { "low", "mid", "high" }.Select(Google.Protobuf.ByteString.CopyFromUtf8));
        else
            keys.Ints.Add([10, 20, 30]);
        var zip = TestModels.Node("ZipMap", ["x"], "maps", keys);
        zip.Domain = "ai.onnx.ml";
        var map = new TypeProto.Types.Map
        {
            KeyType = (int)(named ? DataType.String : DataType.Int64),
            ValueType = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } },
        };
        var maps = new ValueInfoProto
        {
            Name = "maps",
            Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence { ElemType = new TypeProto { MapType = map } } },
        };
        return Model(
            [TestModels.Value("x", DataType.Float, ["N", 3])], [maps, TestModels.Value("best", DataType.Int64, ["N"])],
            [zip, TestModels.Node("ArgMax", ["x"], "best", TestModels.Attribute("axis", 1), TestModels.Attribute("keepdims", 0))]);
    }

    public static ElsaTransformer Transformer(
        MLContext context, ModelProto model, ElsaOutput[] outputs, ElsaInput[] inputs, int batch = 4) => new(
        context, new TestLevels(model), new ElsaExecutionOptions { BatchSize = batch }, new ScoringColumns(outputs, inputs), 0, ["dense"]);

    /// <summary>The values of a column, row by row.</summary>
    public static T[] Values<T>(IDataView view, string column)
    {
        var rows = new List<T>();
        using var cursor = view.GetRowCursor([view.Schema[column]]);
        var getter = cursor.GetGetter<T>(view.Schema[column]);
        while (cursor.MoveNext())
        {
            T value = default!;
            getter(ref value);
            rows.Add(value);
        }
        return [.. rows];
    }

    /// <summary>The values of a vector column, row by row.</summary>
    public static T[][] Vectors<T>(IDataView view, string column) =>
        [.. Values<VBuffer<T>>(view, column).Select(value => value.DenseValues().ToArray())];
}
