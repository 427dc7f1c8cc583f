using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Training.Losses;

/// <summary>What an output is compared with: an input of the training graph that is filled for every batch.</summary>
/// <param name="Kind">Where its values come from.</param>
/// <param name="Shape">Type and dimensions, the batch first.</param>
/// <param name="Source">For a teacher the value of the original model; else null.</param>
/// <param name="Classes">For classes how many there are; else 0.</param>
internal sealed record LossTarget(TargetKind Kind, ValueShape Shape, string? Source = null, int Classes = 0);

/// <summary>Where a target's values come from.</summary>
internal enum TargetKind
{
    /// <summary>The label as a 0-based class, int64.</summary>
    Class,

    /// <summary>The label as numbers, float32.</summary>
    Values,

    /// <summary>The original model on the same rows, float32.</summary>
    Teacher,
}

/// <summary>What the type of a label column says.</summary>
internal enum LabelKind
{
    /// <summary>A key, a Boolean or an integer.</summary>
    Class,

    /// <summary>Real numbers.</summary>
    Values,
}
