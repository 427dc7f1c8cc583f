using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Saving;
using Google.Protobuf;

namespace Elsa.MLNet.Tests.Complaints;

/// <summary>A program that forgot the native library of ONNX Runtime is told so.</summary>
[TestClass]
public sealed class MissingRuntimeTests
{
    [TestMethod, Complaint("A missing provider or a conflict of native packages is an obscure error")]
    public void Every_door_tells_which_packages_bring_the_native_library_that_a_program_lacks()
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain("s50");
        var (dense, parent) = (saved.PathOf("dense.onnx"), saved.PathOf("parent.onnx"));
        File.WriteAllBytes(dense, SmallNetwork.Make().ToByteArray());
        saved.Parent.Write(parent);
        var (exitCode, output, error) = ScoringProcess.Start(
            "Bare", dense, parent, saved.Save((Microsoft.ML.ITransformer)chain));
        Assert.AreEqual(0, exitCode, error);
        Assert.IsEmpty(error);
        var doors = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('|', 3)).ToList();
        Assert.AreSequenceEqual(
            ["fit", "train", "apply", "apply on a device", "choose", "load", "predict speed"],
            doors.Select(door => door[0]));
        foreach (var door in doors)
        {
            var (name, types, text) = (door[0], door[1], door[2]);
            // ML.NET calls loaders by reflection.
            Assert.AreEqual(
                name == "load" ? "TargetInvocationException InvalidOperationException" : "InvalidOperationException",
                types, text);
            Assert.StartsWith(
                "ONNX Runtime does not start, because the native library 'onnxruntime' is missing in this program or " +
                "does not fit. Elsa.MLNet brings the managed part alone (Microsoft.ML.OnnxRuntime.Managed ", text);
            Assert.Contains("Reference a native package of the same version in the program, by ", text);
            Assert.Contains(" CPU: Microsoft.ML.OnnxRuntime; CUDA: Microsoft.ML.OnnxRuntime.Gpu, which needs ", text);
            Assert.Contains("The cause: Unable to load ", text);
        }
    }
}
