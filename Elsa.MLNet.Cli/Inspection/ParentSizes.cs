using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Cli.Inspection;

/// <summary>What a parent costs on disk, in bytes.</summary>
/// <param name="FileBytes">The file itself.</param>
/// <param name="ExternalDataBytes">Files beside it that hold weights.</param>
/// <param name="DenseBytes">The dense model without a trace of the parent, external data included.</param>
/// <param name="ManifestBytes">The manifest and its digest in the file.</param>
/// <param name="LevelMapBytes">The level maps in the file, as text.</param>
/// <param name="SideParameterBytes">The side parameters in the file, as text.</param>
internal sealed record ParentSizes(long FileBytes, long ExternalDataBytes, long DenseBytes, long ManifestBytes,
    long LevelMapBytes, long SideParameterBytes)
{
    /// <summary>Everything that makes a parent of the dense model.</summary>
    public long OverheadBytes => ManifestBytes + LevelMapBytes + SideParameterBytes;

    /// <summary>The overhead as a share of the dense model.</summary>
    public double OverheadShare => (double)OverheadBytes / DenseBytes;

    public static ParentSizes Of(ParentModel parent, string path)
    {
        var model = parent.ToModel();
        var external = ExternalFiles.Of(model, path).Sum(file => new FileInfo(file).Length);
        var maps = Remove("elsa.mask/");
        var sides = Remove("elsa.side/");
        var manifest = Remove("elsa.");
        return new ParentSizes(new FileInfo(path).Length, external, model.CalculateSize() + external, manifest, maps, sides);

        long Remove(string prefix)
        {
            var before = model.CalculateSize();
            foreach (var entry in model.MetadataProps.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList())
                model.MetadataProps.Remove(entry);
            return before - model.CalculateSize();
        }
    }
}
