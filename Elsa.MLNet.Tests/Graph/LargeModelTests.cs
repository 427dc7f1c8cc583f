using System.Globalization;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;
using Elsa.MLNet.Tests.Scoring;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
[DoNotParallelize]
public sealed class LargeModelTests
{
    const long TableRows = 3L << 20;
    const int Width = 64;
    const long TableBytes = TableRows * Width * sizeof(float);

    [TestMethod]
    [TestCategory("Slow")]
    public void A_model_of_more_than_two_gigabytes_becomes_a_parent_and_gives_a_level_in_little_memory()
    {
        using var folder = new TemporaryFolder();
        using var target = new TemporaryFolder();
        var path = WriteLarge(folder);
        Assert.IsGreaterThan(1L << 31, 3 * TableBytes);
        var parentPath = Path.Combine(target.Root, "parent.onnx");
        var levelPath = Path.Combine(target.Root, "level.onnx");
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var maskable = MaskableModel.Read(path);
        ParentModel.Create(maskable, Parents.Halves(maskable)).Write(parentPath);
        var parent = ParentModel.Read(parentPath);
        parent.WriteLevel(1, levelPath);

        Assert.IsLessThan(100L << 20, GC.GetTotalAllocatedBytes(precise: true) - before);
        CollectionAssert.AreEqual(new[] { "w" }, maskable.Report.Maskable.Select(tensor => tensor.Name).ToArray());
        Assert.IsGreaterThan(1L << 31, new FileInfo(levelPath + ".data").Length);
        Refusal.Of<InvalidOperationException>(() => parent.Extract(1), "ONNX in one piece holds at most 2 GiB");
        CollectionAssert.AreEqual(ModelRun.Of(path)[0], ModelRun.Of(parentPath)[0], "the parent is the dense model");
        CollectionAssert.AreNotEqual(ModelRun.Of(path)[0], ModelRun.Of(levelPath)[0], "the level lacks weights");
    }

    /// <summary>Rows of three tables, summed, times a small weight. The tables are all zero but for their first rows, so
    /// that their file has holes.</summary>
    static string WriteLarge(TemporaryFolder folder)
    {
        var tables = Enumerable.Range(0, 3).Select(index => Table(index)).ToArray();
        var model = TestModels.Model([], [("y", [1, 8])], DataType.Float,
            [
                .. Enumerable.Range(0, 3).Select(index => TestModels.Node("Gather", [$"table{index}", "rows"], $"g{index}")),
                TestModels.Node("Sum", ["g0", "g1", "g2"], "s"), TestModels.Node("Gemm", ["s", "w"], "y"),
            ],
            [.. tables, TestModels.Random("w", DataType.Float, 5, Width, 8)]);
        model.Graph.Input.Add(TestModels.Value("rows", DataType.Int64, [1]));
        using (var data = new FileStream(Path.Combine(folder.Root, "tables.bin"), FileMode.CreateNew))
        {
            data.SetLength(3 * TableBytes);
            for (var index = 0; index < 3; index++)
            {
                data.Position = index * TableBytes;
                data.Write(TestModels.Random("", DataType.Float, index, 4, Width).RawData.Span);
            }
        }
        var path = Path.Combine(folder.Root, "large.onnx");
        model.WriteToFile(path);
        return path;
    }

    static TensorProto Table(int index)
    {
        var table = new TensorProto
        {
            Name = $"table{index}",
            DataType = (int)DataType.Float,
            Dims = { TableRows, Width },
            DataLocation = DataLocation.External,
        };
        Add("location", "tables.bin");
        Add("offset", (index * TableBytes).ToString(CultureInfo.InvariantCulture));
        Add("length", TableBytes.ToString(CultureInfo.InvariantCulture));
        return table;

        void Add(string key, string value) => table.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
    }
}
