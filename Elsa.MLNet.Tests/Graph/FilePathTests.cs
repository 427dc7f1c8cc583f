using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;
using Elsa.MLNet.Tests.Scoring;
using Onnx;

namespace Elsa.MLNet.Tests.Graph;

/// <summary>What is said of a path that cannot be read or written.</summary>
[TestClass]
public sealed class FilePathTests
{
    static readonly ParentModel Parent =
        ParentModel.Create(MaskableModel.From(TestModels.Mlp()), Parents.Halves(MaskableModel.From(TestModels.Mlp())));

    public static IEnumerable<Action<string>> Writers =>
        [path => Parent.Write(path), path => Parent.WriteLevel(1, path), path => TestModels.Mlp().WriteToFile(path)];

    public static IEnumerable<Action<string>> Readers =>
    [
        path => ParentModel.Read(path), path => MaskableModel.Read(path), path => ParentVerification.OfParent(path),
        path => ParentVerification.OfExtracted(Parent, path),
    ];

    [TestMethod]
    public void A_file_that_exists_is_replaced_only_with_overwrite_and_the_message_names_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.onnx", [1]);
        foreach (var write in Writers.Take(2))
            Refusal.Of<IOException>(() => write(path), $"'{path}' exists; pass overwrite: true to replace it");
        Parent.Write(path, overwrite: true);
        Assert.IsTrue(ParentVerification.OfParent(path).IsValid);
    }

    [TestMethod]
    [DynamicData(nameof(Writers))]
    public void A_folder_that_does_not_exist_is_named(Action<string> write)
    {
        using var folder = new TemporaryFolder();
        Refusal.Of<DirectoryNotFoundException>(() => write(Path.Combine(folder.Root, "none", "a.onnx")),
            $"The folder '{Path.Combine(folder.Root, "none")}' does not exist; make it first");
    }

    [TestMethod]
    [DynamicData(nameof(Writers))]
    public void A_folder_is_no_file_to_write(Action<string> write)
    {
        using var folder = new TemporaryFolder();
        Refusal.Of<IOException>(() => write(folder.Root),
            $"'{folder.Root}' is a folder; give the path of a file in it.");
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Root));
    }

    [TestMethod]
    [DynamicData(nameof(Writers))]
    [DynamicData(nameof(Readers))]
    public void An_empty_path_is_an_error_of_the_argument(Action<string> use) =>
        Assert.AreEqual("path", Assert.ThrowsExactly<ArgumentException>(() => use("")).ParamName);

    [TestMethod]
    [DynamicData(nameof(Readers))]
    public void A_missing_file_is_named_by_its_full_path(Action<string> read)
    {
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => read("none.onnx"));
        Assert.Contains($"There is no file '{Path.GetFullPath("none.onnx")}'; check the path", error.Message);
        Assert.AreEqual(Path.GetFullPath("none.onnx"), error.FileName);
    }

    [TestMethod]
    [DynamicData(nameof(Readers))]
    public void A_folder_is_no_file_to_read(Action<string> read)
    {
        using var folder = new TemporaryFolder();
        Refusal.Of<IOException>(() => read(folder.Root),
            $"'{folder.Root}' is a folder; give the path of an .onnx file in it.");
    }
}
