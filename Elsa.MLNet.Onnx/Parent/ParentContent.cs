namespace Elsa.MLNet.Onnx;

/// <summary>What makes a dense model a parent.</summary>
public sealed record ParentContent
{
    /// <summary>The masks: one level map for every maskable tensor of the model.</summary>
    public required NestedMasks Masks { get; init; }

    /// <summary>Names of the sparse levels, densest first, e.g. s50, s90; letters, digits, '.', '_' and '-'.</summary>
    public required IReadOnlyList<string> LevelNames { get; init; }

    /// <summary>How the parent was made.</summary>
    public required ElsaFit Fit { get; init; }

    /// <summary>Parameters without a mask that differ per level. None by default.</summary>
    public SideParameters SideParameters { get; init; } = new();
}
