namespace Elsa.MLNet;

/// <summary>What <c>mlContext.Model.Save</c> writes for an <see cref="ElsaTransformer"/>.</summary>
public enum ElsaSaveFormat
{
    /// <summary>
    /// The parent with every level, and the level that scores. Loads where Elsa.MLNet is referenced. The default.
    /// </summary>
    Native,

    /// <summary>
    /// The level that scores alone, as a plain ONNX model that stock ML.NET scores with Microsoft.ML.OnnxTransformer,
    /// without Elsa.MLNet. The other levels, masks and manifest are not in the file.
    /// </summary>
    Portable,
}
