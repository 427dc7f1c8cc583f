using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Saving;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Microsoft.ML;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Complaints;

/// <summary>Where models come from, and what is left of them. The folder of temporary files is the process's.</summary>
[TestClass]
[DoNotParallelize]
public sealed class ModelSourceTests
{
    static readonly string[] FolderVariables = ["TMPDIR", "TMP", "TEMP"];

    readonly MLContext _context = new(1);

    [TestMethod, Complaint("A model as bytes or a stream")]
    public void Stream_and_bytes_give_the_scores_of_a_file()
    {
        using var saved = new SavedModels();
        using var file = new MemoryStream();
        using var fromParent = From(saved, ParentModel.Parse(saved.Parent.ToBytes()), "s50");
        saved.Context.Model.Save(fromParent, saved.View.Schema, file);
        file.Position = 0;
        using var fromStream = (ElsaTransformer)_context.Model.Load(file, out _);
        saved.Parent.Write(saved.PathOf("parent.onnx"));
        using var fromFile = From(saved, ParentModel.Read(saved.PathOf("parent.onnx")), "s50");
        var expected = SaveAndLoadTests.Scores(saved, fromFile);
        Assert.AreSequenceEqual(expected, SaveAndLoadTests.Scores(saved, fromParent));
        Assert.AreSequenceEqual(expected, SaveAndLoadTests.Scores(saved, fromStream));
    }

    [TestMethod, Complaint("A model as bytes or a stream")]
    public void Stream_of_a_parent_is_read_from_where_it_stands_to_its_end_whether_it_can_seek_or_not()
    {
        using var saved = new SavedModels();
        var bytes = saved.Parent.ToBytes();
        using var stream = new OneWayStream([1, 2, 3, .. bytes]);
        stream.ReadExactly(new byte[3]);
        Assert.AreSequenceEqual(bytes, ParentModel.Read(stream).ToBytes());
        Assert.AreEqual(-1, stream.ReadByte(), "It stays open, at its end.");
        using var other = new MemoryStream("no model"u8.ToArray());
        var error = Assert.ThrowsExactly<ParentFormatException>(() => ParentModel.Read(other));
        Assert.AreEqual(ParentFormatError.NotOnnx, error.Error);
        Assert.ThrowsExactly<ArgumentNullException>(() => ParentModel.Read((Stream)null!));
    }

    [TestMethod, Complaint("A model as bytes or a stream")]
    [OSCondition(OperatingSystems.Linux)]
    public void Stream_a_model_that_came_from_one_gets_as_many_threads_as_the_options_say()
    {
        using var saved = new SavedModels();
        using var file = new MemoryStream();
        using (var fitted = From(saved, saved.Parent))
            saved.Context.Model.Save(fitted, saved.View.Schema, file);
        file.Position = 0;
        using var loaded = (ElsaTransformer)_context.Model.Load(file, out _);
        // The thread that calls is one of them.
        Assert.AreEqual(0, ThreadsOfSession(saved, loaded, 1));
        Assert.AreEqual(4, ThreadsOfSession(saved, loaded, 5));
    }

    [TestMethod, Complaint("Temporary files stay")]
    public void Temp_files_none_is_left_or_even_there_while_a_model_from_a_file_bytes_a_stream_or_a_zip_scores()
    {
        using var temporary = new TemporaryFolder();
        using var saved = new SavedModels();
        var before = FolderVariables.Select(Environment.GetEnvironmentVariable).ToArray();
        foreach (var name in FolderVariables) Environment.SetEnvironmentVariable(name, temporary.Root);
        try
        {
            Assert.StartsWith(temporary.Root, Path.GetTempPath());
            saved.Parent.Write(saved.PathOf("parent.onnx"));
            var options = new ElsaSparsifyOptions
            {
                OutputColumnName = "Score",
                InputColumnName = "Features",
                ModelBytes = saved.Parent.Extract(0).ToByteArray(),
                Sparsities = [0.5],
            };
            Scores(_context.Transforms.ElsaSparsify(options).Fit(saved.View));
            Scores(From(saved, ParentModel.Read(saved.PathOf("parent.onnx"))));
            Scores(From(saved, ParentModel.Parse(saved.Parent.ToBytes())));
            Scores(From(saved, ParentModel.Read(new OneWayStream(saved.Parent.ToBytes()))));
            using var chain = (IDisposable)saved.Chain("s50");
            var zip = saved.Save((ITransformer)chain);
            Scores(new MLContext().Model.Load(zip, out _));
            using var stream = File.OpenRead(zip);
            Scores(new MLContext().Model.Load(stream, out _));
        }
        finally
        {
            foreach (var (name, value) in FolderVariables.Zip(before)) Environment.SetEnvironmentVariable(name, value);
        }

        void Scores(ITransformer model)
        {
            Assert.HasCount(60, SaveAndLoadTests.Scores(saved, model));
            Assert.IsEmpty(Files(), "while the model lives");
            ((IDisposable)model).Dispose();
            Assert.IsEmpty(Files(), "after it");
        }

        string[] Files() => Directory.GetFileSystemEntries(temporary.Root, "*", SearchOption.AllDirectories);
    }

    [TestMethod, Complaint("Temporary files stay")]
    public void Temp_files_nor_is_the_models_own_file_held_while_it_scores()
    {
        using var saved = new SavedModels();
        var path = saved.PathOf("parent.onnx");
        saved.Parent.Write(path);
        using var transformer = _context.Transforms.ApplyElsaModel("Score", "Features", path).Fit(saved.View);
        var scores = SaveAndLoadTests.Scores(saved, transformer);
        using (File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None)) { }
        File.Delete(path);
        Assert.AreSequenceEqual(scores, SaveAndLoadTests.Scores(saved, transformer));
        using var sparse = transformer.WithLevel("s90");
        Assert.HasCount(60, SaveAndLoadTests.Scores(saved, sparse));
    }

    [TestMethod, Complaint("A large model is refused")]
    public void Big_protobuf_a_model_beyond_the_64_MiB_that_protobuf_once_allowed_goes_all_the_way()
    {
        const int TableRows = 72 << 10;
        var model = TestModels.Model([], [("y", ["N", 3])], DataType.Float,
            [
                TestModels.Node("Gather", ["table", "rows"], "row"), TestModels.Node("MatMul", ["x", "w"], "h"),
                TestModels.Node("MatMul", ["row", "v"], "r"), TestModels.Node("Add", ["h", "r"], "y"),
            ],
            [
                TestModels.Random("table", DataType.Float, 1, TableRows, 256),
                TestModels.Integers("rows", TableRows - 1),
                TestModels.Random("w", DataType.Float, 2, SmallNetwork.Inputs, 3),
                TestModels.Random("v", DataType.Float, 3, 256, 3),
            ]);
        model.Graph.Input.Add(TestModels.Value("x", DataType.Float, ["N", SmallNetwork.Inputs]));
        Assert.IsGreaterThan(64 << 20, model.CalculateSize());
        using var saved = new SavedModels(model);
        using var transformer = From(saved, ParentModel.Parse(saved.Parent.ToBytes()));
        using var loaded = (ElsaTransformer)_context.Model.Load(saved.Save(transformer), out _);
        var expected = new TestLevels(model).Oracle(0, saved.Rows, batch: 20).SelectMany(row => row);
        Assert.AreSequenceEqual(expected, SaveAndLoadTests.Scores(saved, loaded));
    }

    /// <summary>As a stream from a network: neither its length nor its position is known.</summary>
    sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }
    }

    static ElsaTransformer From(SavedModels saved, ParentModel parent, string level = "dense") =>
        saved.Context.Transforms.ApplyElsaModel("Score", "Features", parent, level).Fit(saved.View);

    /// <summary>Threads that a session has started while its level is loaded.</summary>
    static int ThreadsOfSession(SavedModels saved, ElsaTransformer loaded, int threads)
    {
        // Linux gives a new thread the name of the one that starts it.
        const string Name = "elsa-caller";
        var started = -1;
        var caller = new Thread(() =>
        {
            // Row by row, so that the threads work inside the operators.
            using var transformer = loaded.WithExecution(
                new ElsaExecutionOptions { IntraOpNumThreads = threads, BatchSize = 1 });
            if (SaveAndLoadTests.Scores(saved, transformer).Length > 0) started = Named() - 1;
        })
        { Name = Name };
        caller.Start();
        caller.Join();
        return started;

        static int Named() => Directory.GetDirectories("/proc/self/task")
            .Count(task => File.ReadAllText(Path.Combine(task, "comm")).TrimEnd() == Name);
    }
}
