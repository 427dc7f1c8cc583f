namespace Elsa.MLNet.Onnx;

/// <summary>What can be wrong with a parent, or with a level extracted from one. A closed list.</summary>
public enum ParentFormatError
{
    /// <summary>The bytes are not an ONNX model.</summary>
    NotOnnx,

    /// <summary>The model claims more than its bytes can hold, or would take too much memory.</summary>
    TooLarge,

    /// <summary>The model is plain ONNX: it has no manifest.</summary>
    NoManifest,

    /// <summary>The manifest is not the JSON that FORMAT.md describes, or contradicts itself.</summary>
    BadManifest,

    /// <summary>The manifest names a format version that this library does not know.</summary>
    UnknownVersion,

    /// <summary>A metadata key of ours stands twice.</summary>
    DuplicateEntry,

    /// <summary>A metadata key of ours that nothing accounts for.</summary>
    UnexpectedEntry,

    /// <summary>A tensor that the manifest names is not in the graph, or not only once.</summary>
    NoTensor,

    /// <summary>A tensor's type, shape or data is not what the manifest says or the format allows.</summary>
    BadTensor,

    /// <summary>A maskable tensor has no level map.</summary>
    NoLevelMap,

    /// <summary>A level map cannot be decoded.</summary>
    BadLevelMap,

    /// <summary>A side parameter is missing or has the wrong size.</summary>
    BadSideParameter,

    /// <summary>The manifest is not the one that was written.</summary>
    ManifestChanged,

    /// <summary>Weights are not the ones that were written.</summary>
    WeightsChanged,

    /// <summary>A level map is not the one that was written, or zeros are not where a level's mask has them.</summary>
    MaskChanged,

    /// <summary>Side parameters are not the ones that were written.</summary>
    SideParametersChanged,

    /// <summary>One level stands where another one should.</summary>
    LevelSwapped,

    /// <summary>The graph, or a tensor that has no mask, is not the one that was written.</summary>
    GraphChanged,
}
