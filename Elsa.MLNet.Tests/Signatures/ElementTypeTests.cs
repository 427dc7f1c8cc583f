using Elsa.MLNet.Tests.Complaints;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Signatures;

[TestClass]
public sealed class ElementTypeTests
{
    private readonly MLContext _context = new(1);

    [TestMethod, Complaint("Which column type fits which tensor")]
    public void Type_mapping_every_integer_type_goes_in_and_out_as_it_is()
    {
        Same<sbyte>(DataType.Int8, [[sbyte.MinValue, 5], [0, sbyte.MaxValue]], NumberDataViewType.SByte);
        Same<byte>(DataType.Uint8, [[0, 200], [255, 7]], NumberDataViewType.Byte);
        Same<short>(DataType.Int16, [[short.MinValue, 5], [1, short.MaxValue]], NumberDataViewType.Int16);
        Same<ushort>(DataType.Uint16, [[1, 5], [1, ushort.MaxValue]], NumberDataViewType.UInt16);
        Same<int>(DataType.Int32, [[int.MinValue, 5], [1, int.MaxValue]], NumberDataViewType.Int32);
        Same<uint>(DataType.Uint32, [[1, 5], [1, uint.MaxValue]], NumberDataViewType.UInt32);
        Same<long>(DataType.Int64, [[long.MinValue, 5], [1, long.MaxValue]], NumberDataViewType.Int64);
        Same<ulong>(DataType.Uint64, [[1, 5], [1, ulong.MaxValue]], NumberDataViewType.UInt64);
    }

    [TestMethod, Complaint("float16 and string tensors")]
    public void Truth_values_and_string_tensors_go_in_and_out_as_they_are()
    {
        Same<bool>(DataType.Bool, [[true, false], [false, false]], BooleanDataViewType.Instance);
        using var transformer = Identity(DataType.String);
        string[][] rows = [["a", "héllo"], ["", "漢字"], ["b", "c"], ["d", "e"], ["f", "g"]];
        var view = transformer.Transform(View(rows));
        Assert.AreEqual(new VectorDataViewType(TextDataViewType.Instance, 2), view.Schema["Score"].Type);
        var scores = Typed.Vectors<ReadOnlyMemory<char>>(view, "Score");
        for (int row = 0; row < rows.Length; row++)
            CollectionAssert.AreEqual(rows[row], scores[row].Select(text => text.ToString()).ToArray());
    }

    [TestMethod]
    [DataRow(DataType.Float)]
    [DataRow(DataType.Float16)]
    [DataRow(DataType.Double)]
    public void Bytes_feed_floating_point_inputs_as_pixels_do(DataType type)
    {
        byte[][] rows = [[0, 255], [1, 128], [17, 99], [250, 3], [4, 5]];
        using var transformer = Identity(type);
        var scores = Typed.Vectors<float>(transformer.Transform(View(rows)), "Score");
        for (int row = 0; row < rows.Length; row++)
            CollectionAssert.AreEqual(rows[row].Select(value => (float)value).ToArray(), scores[row]);
    }

    [TestMethod]
    public void Doubles_feed_a_double_input_without_losing_digits()
    {
        var model = Typed.Model(
            [Scoring.TestModels.Value("x", DataType.Double, ["N", 2])], [Scoring.TestModels.Value("y", DataType.Bool, ["N", 2])],
            [Scoring.TestModels.Node("Greater", ["x", "one"], "y")],
            new TensorProto { Name = "one", DataType = (int)DataType.Double, DoubleData = { 1.0 } });
        using var transformer = Typed.Transformer(_context, model, [new("Score")], [new("Values")]);
        var scores = Typed.Vectors<bool>(transformer.Transform(View<double>([[1 + 1e-12, 1], [1, 1 + 1e-12]])), "Score");
        CollectionAssert.AreEqual(new[] { true, false }, scores[0]);
        CollectionAssert.AreEqual(new[] { false, true }, scores[1]);
    }

    [TestMethod, Complaint("Which column type fits which tensor")]
    public void Type_mapping_a_column_of_another_element_type_is_refused_with_those_allowed()
    {
        using var transformer = Identity(DataType.Int64);
        var error = Assert.ThrowsExactly<ArgumentException>(() => transformer.Transform(View<int>([[1, 2]])));
        Assert.AreEqual(
            "Column 'Values' is Vector<Int32, 2>, but the model's input wants 'x' int64 [N, 2]: 2 values per row. Allowed is a vector of " +
            "Int64 of known size (or one Int64 for one value); use ConvertType for other types and Concatenate to make a vector.",
            error.Message);
        using var floating = Identity(DataType.Float);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => floating.Transform(View<int>([[1, 2]]))).Message, "Single or Byte");
    }

    [TestMethod]
    public void Token_indices_beyond_the_table_are_an_error_of_ONNX_Runtime_and_not_a_wrong_score()
    {
        var model = Typed.Model(
            [Scoring.TestModels.Value("x", DataType.Int64, ["N", 2])], [Scoring.TestModels.Value("y", DataType.Float, ["N", 2, 3])],
            [Scoring.TestModels.Node("Gather", ["table", "x"], "y")], Scoring.TestModels.Random("table", DataType.Float, 3, 5, 3));
        using var transformer = Typed.Transformer(_context, model, [new("Score")], [new("Values")]);
        var good = transformer.Transform(View<long>([[4, 0], [3, 3]]));
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 2, 3), good.Schema["Score"].Type);
        var scores = Typed.Vectors<float>(good, "Score");
        CollectionAssert.AreEqual(scores[1][..3], scores[1][3..]);
        Assert.ThrowsExactly<Microsoft.ML.OnnxRuntime.OnnxRuntimeException>(
            () => Typed.Vectors<float>(transformer.Transform(View<long>([[4, 5]])), "Score"));
    }

    private void Same<T>(DataType type, T[][] rows, DataViewType item)
    {
        T[][] many = [.. rows, .. rows, .. rows];
        using var transformer = Identity(type);
        var view = transformer.Transform(View(many));
        Assert.AreEqual(new VectorDataViewType((PrimitiveDataViewType)item, 2), view.Schema["Score"].Type);
        var scores = Typed.Vectors<T>(view, "Score");
        for (int row = 0; row < many.Length; row++)
            CollectionAssert.AreEqual(many[row], scores[row]);
    }

    private ElsaTransformer Identity(DataType type) =>
        Typed.Transformer(_context, Typed.Identity(type, "N", 2), [new("Score")], [new("Values")]);

    private IDataView View<T>(T[][] rows)
    {
        var schema = SchemaDefinition.Create(typeof(Row<T>));
        schema["Values"].ColumnType = new VectorDataViewType(
            typeof(T) == typeof(string) ? TextDataViewType.Instance
            : typeof(T) == typeof(bool) ? BooleanDataViewType.Instance : Number(typeof(T)), 2);
        return _context.Data.LoadFromEnumerable(rows.Select(row => new Row<T> { Values = row }), schema);
    }

    private static PrimitiveDataViewType Number(Type type) => new PrimitiveDataViewType[]
    {
        NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16, NumberDataViewType.UInt16, NumberDataViewType.Int32,
        NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64, NumberDataViewType.Single, NumberDataViewType.Double,
    }.Single(number => number.RawType == type);

    private sealed class Row<T>
    {
        public T[] Values { get; set; } = [];
    }
}
