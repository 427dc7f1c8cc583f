namespace Elsa.MLNet.Datasets;

/// <summary>Which part of the files at a path to open.</summary>
public enum DataPart
{
    /// <summary>The path holds one set. Refused when it holds a training and a test part: say which.</summary>
    Only,

    /// <summary>The training part.</summary>
    Train,

    /// <summary>The test part.</summary>
    Test,
}
