using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Benchmarks.Parents;

/// <summary>A network of <c>../shared/models</c> with more than 1 MB, and its magnitude masks.</summary>
sealed record LargeModel(string Name, long Bytes, MaskableModel Model, NestedMasks Masks)
{
    const long Least = 1_000_000;

    /// <summary>All of them.</summary>
    /// <exception cref="Checks.SharedFileMissingException">The folder is not here.</exception>
    public static IEnumerable<LargeModel> All() =>
        from path in SharedFiles.Models()
        let bytes = new FileInfo(path).Length
        where bytes > Least
        let model = MaskableModel.Read(path)
        select new LargeModel(Path.GetFileNameWithoutExtension(path), bytes, model, GlobalMagnitude.Masks(model));

    /// <summary>Bytes of the parent with these masks over bytes of the dense file.</summary>
    public double RelativeSize(NestedMasks masks) =>
        GlobalMagnitude.Parent(Model, masks).ToBytes().Length / (double)Bytes;
}
