using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class ExternalDataTests
{
    [TestMethod]
    public void Parents_and_levels_of_a_model_with_external_data_score_as_those_of_one_without()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        var inside = TestModels.Mlp(inputs: 40);
        var path = WriteOutside(folder, inside, _ => "weights.bin");
        var maskable = MaskableModel.Read(path);
        var parentPath = Path.Combine(elsewhere.Root, "parent.onnx");
        ParentModel.Create(maskable, Parents.Halves(maskable)).Write(parentPath);
        Directory.Delete(folder.Root, true);
        Directory.CreateDirectory(folder.Root);

        var parent = ParentModel.Read(parentPath);
        var levelPath = Path.Combine(elsewhere.Root, "level.onnx");
        parent.WriteLevel(1, levelPath);

        var expected = ParentModel.Create(MaskableModel.From(inside), Parents.Halves(MaskableModel.From(inside)));
        AreSame(ModelRun.Of(inside), ModelRun.Of(parentPath));
        AreSame(ModelRun.Of(inside), ModelRun.Of(parent.Extract(0)));
        AreSame(ModelRun.Of(expected.Extract(1)), ModelRun.Of(levelPath));
        AreSame(ModelRun.Of(expected.Extract(1)), ModelRun.Of(parent.Extract(1)));
        Assert.AreEqual(expected.Levels[1].Sha256, parent.Levels[1].Sha256);
    }

    [TestMethod]
    public void A_Constant_with_external_data_goes_along_with_parents_and_levels_and_is_hashed()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        var inside = TestModels.Mlp(inputs: 40);
        var expected = ModelRun.Of(inside);
        var path = WriteOutside(folder, inside, _ => "weights.bin");
        var model = ModelProto.Parser.ParseFromFile(path);
        var bias = model.Graph.Initializer.Single(tensor => tensor.Name == "b1");
        model.Graph.Initializer.Remove(bias);
        model.Graph.Node.Insert(0, new NodeProto
        {
            OpType = "Constant",
            Output = { "b1" },
            Attribute = { new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = bias } },
        });
        model.WriteToFile(path);
        AreSame(expected, ModelRun.Of(path));
        var maskable = MaskableModel.Read(path);
        var parentPath = Path.Combine(elsewhere.Root, "parent.onnx");
        ParentModel.Create(maskable, Parents.Halves(maskable)).Write(parentPath);
        Directory.Delete(folder.Root, true);
        Directory.CreateDirectory(folder.Root);

        AreSame(expected, ModelRun.Of(parentPath));
        ParentModel.Read(parentPath).WriteLevel(0, Path.Combine(folder.Root, "dense.onnx"));
        AreSame(expected, ModelRun.Of(Path.Combine(folder.Root, "dense.onnx")));

        var data = File.ReadAllBytes(parentPath + ".data");
        data[data.AsSpan().IndexOf(inside.Graph.Initializer.Single(tensor => tensor.Name == "b1").RawData.Span)] ^= 1;
        File.WriteAllBytes(parentPath + ".data", data);
        Assert.AreEqual(ParentFormatError.GraphChanged, ParentVerification.OfParent(parentPath).Findings.Single().Error);
    }

    [TestMethod]
    public void Only_initializers_of_whole_bytes_and_a_name_of_their_own_have_external_data()
    {
        using var folder = new TemporaryFolder();
        var path = WriteOutside(folder, TestModels.Mlp(inputs: 40), _ => "weights.bin");
        foreach (var edit in new Action<ModelProto, TensorProto>[]
        {
            (model, tensor) => model.Graph.Initializer.Add(new TensorProto(tensor) { Name = "w1" }),
            (model, tensor) => model.Graph.Initializer.Add(new TensorProto(tensor) { DataType = (int)DataType.Int4 }),
            (model, tensor) => model.Graph.SparseInitializer.Add(new SparseTensorProto { Values = tensor }),
            (model, tensor) => model.Graph.Node[0].Attribute.Add(new AttributeProto { Name = "more", T = tensor }),
            (model, tensor) => model.Graph.Node[0].Attribute.Add(new AttributeProto { Name = "more", Tensors = { tensor } }),
            (model, tensor) => model.Functions.Add(new FunctionProto { Node = { new NodeProto { Attribute = { new AttributeProto { T = tensor } } } } }),
        })
        {
            var model = ModelProto.Parser.ParseFromFile(path);
            edit(model, new TensorProto(model.Graph.Initializer[0]) { Name = "stray" });
            var changed = Path.Combine(folder.Root, "changed.onnx");
            model.WriteToFile(changed);
            Refusal.Of<InvalidDataException>(() => MaskableModel.Read(changed), "' has external data; only initializers may");
        }
    }

    [TestMethod]
    public void A_parent_does_not_write_over_the_weights_it_reads()
    {
        using var folder = new TemporaryFolder();
        var path = WriteOutside(folder, TestModels.Mlp(inputs: 40), _ => "weights.bin");
        var maskable = MaskableModel.Read(path);
        var parentPath = Path.Combine(folder.Root, "parent.onnx");
        ParentModel.Create(maskable, Parents.Halves(maskable)).Write(parentPath);
        var parent = ParentModel.Read(parentPath);
        Refusal.Of<IOException>(() => parent.WriteLevel(1, parentPath, overwrite: true),
            "parent.onnx.data' holds the weights that are to be written, so it cannot be replaced; write to another name.");
        AreSame(ModelRun.Of(path), ModelRun.Of(parentPath));
    }

    [TestMethod]
    public void A_replaced_model_and_its_data_are_valid_until_the_new_ones_are()
    {
        using var folder = new TemporaryFolder();
        var (path, parent) = ParentOutside(folder);
        var valid = false;
        var failing = parent.ToModel();
        failing.Graph.Initializer.Add(new TensorProto
        {
            Name = "unreadable",
            DataType = (int)DataType.Uint8,
            Dims = { 4 },
            RawData = UnsafeByteOperations.UnsafeWrap(new Unreadable(4, () =>
            {
                Assert.HasCount(2, Directory.GetFiles(folder.Root, "parent.onnx*.data"));
                valid = ParentVerification.OfParent(path).IsValid;
            }).Memory),
        });
        var source = Path.Combine(folder.Root, "source");
        Refusal.Of<IOException>(() => OnnxWriter.Write(failing, source, path, overwrite: true), "not readable");
        Assert.IsTrue(valid, "while the new model is written");
        Assert.IsTrue(ParentVerification.OfParent(path).IsValid, "after that failed");
        CollectionAssert.AreEqual(new[] { "parent.onnx", "parent.onnx.data" }, Names(folder));
    }

    [TestMethod]
    public void A_replaced_model_leaves_one_model_and_one_file_of_data_which_are_valid()
    {
        using var folder = new TemporaryFolder();
        var (path, parent) = ParentOutside(folder);
        folder.Write("parent.onnx.notes.data", [1]);
        foreach (var data in new[] { "parent.onnx.2.data", "parent.onnx.data", "parent.onnx.2.data" })
        {
            parent.Write(path, overwrite: true);
            Assert.IsTrue(ParentVerification.OfParent(path).IsValid);
            CollectionAssert.AreEqual(new[] { "parent.onnx", data, "parent.onnx.notes.data" }
                .Order(StringComparer.Ordinal).ToArray(), Names(folder));
        }
        ParentModel.Parse(parent.ToBytes()).Write(path, overwrite: true);
        CollectionAssert.AreEqual(new[] { "parent.onnx", "parent.onnx.notes.data" }, Names(folder));
    }

    [TestMethod]
    public void Data_that_lost_its_model_is_replaced()
    {
        using var folder = new TemporaryFolder();
        var (path, parent) = ParentOutside(folder);
        File.Delete(path);
        Refusal.Of<IOException>(() => parent.Write(path), "parent.onnx.data' exists");
        parent.Write(path, overwrite: true);
        Assert.IsTrue(ParentVerification.OfParent(path).IsValid);
        CollectionAssert.AreEqual(new[] { "parent.onnx", "parent.onnx.data" }, Names(folder));
    }

    [TestMethod]
    [Timeout(60_000)]
    public void A_pipe_in_place_of_the_data_is_not_opened()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("Pipes with names are made for this test on Linux only.");
        using var folder = new TemporaryFolder();
        using (var make = Process.Start("mkfifo", [Path.Combine(folder.Root, "pipe")])) make.WaitForExit();
        Assert.IsTrue(File.Exists(Path.Combine(folder.Root, "pipe")));
        Assert.AreEqual(0, TensorBytes.Read(InPipe(0), folder.Root).Length);
        Refusal.Of<InvalidDataException>(() => TensorBytes.Read(InPipe(4), folder.Root),
            "needs 4 bytes from position 0 of", "which has 0");

        static TensorProto InPipe(long length) => new()
        {
            Name = "w",
            DataType = (int)DataType.Uint8,
            Dims = { length },
            DataLocation = DataLocation.External,
            ExternalData = { new StringStringEntryProto { Key = "location", Value = "pipe" } },
        };
    }

    [TestMethod]
    public void A_missing_file_is_an_error() => Refuses(_ => "missing.bin", "Tensor 'w1' lies in", "missing.bin', which does not exist");

    [TestMethod]
    [DataRow("../x")]
    [DataRow("sub/../../x")]
    [DataRow("..\\x")]
    [DataRow("/etc/hostname")]
    [DataRow("")]
    public void A_path_out_of_the_folder_is_an_error(string location) =>
        Refuses(_ => location, $"Tensor 'w1' names the external file '{location}'; it must be a path inside the model's folder.");

    [TestMethod]
    public void A_file_that_is_too_short_is_an_error() => Refuses(folder =>
    {
        folder.Write("short.bin", new byte[100]);
        return "short.bin";
    }, "Tensor 'w1' needs 1280 bytes from position 0 of", "which has 100");

    [TestMethod]
    public void A_file_that_is_a_link_is_an_error() => Refuses(folder =>
    {
        File.CreateSymbolicLink(Path.Combine(folder.Root, "link.bin"), folder.Write("target.bin", new byte[4000]));
        return "link.bin";
    }, "Tensor 'w1' lies in", "which is a link");

    [TestMethod]
    public void A_file_in_a_folder_that_is_a_link_is_an_error()
    {
        using var secret = new TemporaryFolder();
        secret.Write("target.bin", new byte[4000]);
        Refuses(folder =>
        {
            Directory.CreateSymbolicLink(Path.Combine(folder.Root, "sub"), secret.Root);
            return "sub/target.bin";
        }, "Tensor 'w1' lies in", "which is a link");
    }

    [TestMethod]
    [DataRow("length", "12", "needs 1280 bytes, but its external data is 12 bytes long")]
    [DataRow("offset", "-1", "has the external offset '-1'; it must be a whole number of bytes, 0 or more")]
    [DataRow("offset", "9223372036854775807", "needs 1280 bytes from position 9223372036854775807")]
    public void Numbers_that_do_not_fit_are_errors(string key, string value, string message)
    {
        using var folder = new TemporaryFolder();
        var path = WriteOutside(folder, TestModels.Mlp(inputs: 40), _ => "weights.bin");
        var model = ModelProto.Parser.ParseFromFile(path);
        foreach (var entry in model.Graph.Initializer[0].ExternalData.Where(entry => entry.Key == key)) entry.Value = value;
        model.WriteToFile(path);
        Refusal.Of<InvalidDataException>(() => MaskableModel.Read(path).Weights("w1"), message);
    }

    [TestMethod]
    public void A_model_in_memory_has_no_folder()
    {
        using var folder = new TemporaryFolder();
        var model = ModelProto.Parser.ParseFromFile(WriteOutside(folder, TestModels.Mlp(inputs: 40), _ => "weights.bin"));
        Refusal.Of<InvalidDataException>(() => MaskableModel.From(model).Weights("w1"),
            "Tensor 'w1' lies in the external file 'weights.bin', but the model was read from memory; read it from its file.");
    }

    /// <summary>A parent with data outside in the folder, made from a source in a folder of its own inside.</summary>
    static (string Path, ParentModel Parent) ParentOutside(TemporaryFolder folder)
    {
        var source = folder.Write("source/model.onnx", []);
        using (var written = new TemporaryFolder())
        {
            WriteOutside(written, TestModels.Mlp(inputs: 40), _ => "weights.bin");
            foreach (var file in Directory.GetFiles(written.Root))
                File.Copy(file, Path.Combine(Path.GetDirectoryName(source)!, Path.GetFileName(file)), overwrite: true);
        }
        var maskable = MaskableModel.Read(source);
        var parent = ParentModel.Create(maskable, Parents.Halves(maskable));
        var path = Path.Combine(folder.Root, "parent.onnx");
        parent.Write(path);
        return (path, parent);
    }

    static string[] Names(TemporaryFolder folder) =>
        [.. Directory.GetFiles(folder.Root).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    /// <summary>Memory that cannot be read, and tells when somebody tries.</summary>
    sealed class Unreadable(int length, Action tried) : MemoryManager<byte>
    {
        public override Memory<byte> Memory => CreateMemory(length);

        public override Span<byte> GetSpan()
        {
            tried();
            throw new IOException("not readable");
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    /// <summary>The model with its initializers, large and small, in a file beside it.</summary>
    static string WriteOutside(TemporaryFolder folder, ModelProto inside, Func<TemporaryFolder, string> location)
    {
        var model = inside.Clone();
        using var data = new MemoryStream();
        foreach (var tensor in model.Graph.Initializer)
        {
            Add(tensor, "offset", data.Position);
            Add(tensor, "length", tensor.RawData.Length);
            data.Write(tensor.RawData.Span);
            tensor.ClearRawData();
            tensor.DataLocation = DataLocation.External;
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location(folder) });
        }
        folder.Write("weights.bin", data.ToArray());
        var path = Path.Combine(folder.Root, "model.onnx");
        model.WriteToFile(path);
        return path;
    }

    static void Add(TensorProto tensor, string key, long value) => tensor.ExternalData.Add(
        new StringStringEntryProto { Key = key, Value = value.ToString(CultureInfo.InvariantCulture) });

    static void Refuses(Func<TemporaryFolder, string> prepare, params string[] messageParts)
    {
        using var folder = new TemporaryFolder();
        var location = prepare(folder);
        var path = WriteOutside(folder, TestModels.Mlp(inputs: 40), _ => location);
        Refusal.Of<InvalidDataException>(() => MaskableModel.Read(path).Weights("w1"), messageParts);
    }

    static void AreSame(List<byte[]> expected, List<byte[]> actual)
    {
        Assert.HasCount(expected.Count, actual);
        for (var output = 0; output < expected.Count; output++)
            CollectionAssert.AreEqual(expected[output], actual[output]);
    }
}
