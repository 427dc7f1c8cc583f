using Elsa.MLNet.Onnx;

namespace Elsa.MLNet;

/// <summary>The score of each weight; a weight with a higher score is kept longer.</summary>
public abstract class ElsaImportance
{
    private protected ElsaImportance() { }

    /// <summary>|w|: no data needed (Han et al. 2015, arXiv 1506.02626).</summary>
    public static ElsaImportance Magnitude { get; } = new MagnitudeImportance();

    /// <summary>Name in the manifest.</summary>
    public abstract string Name { get; }

    /// <summary>Scores of a tensor, as unsigned numbers that order the weights.</summary>
    internal abstract uint[] Score(MaskableModel model, MaskableTensor tensor);

    private sealed class MagnitudeImportance : ElsaImportance
    {
        public override string Name => "magnitude";

        internal override uint[] Score(MaskableModel model, MaskableTensor tensor)
        {
            var keys = model.MagnitudeKeys(tensor.Name);
            var notFinite = keys.AsSpan().IndexOfAnyInRange(MagnitudeKey.Infinity, uint.MaxValue);
            return notFinite < 0 ? keys : throw new ArgumentException(
                $"Weight {notFinite} of '{tensor.Name}' is not a finite number. Repair the model; a diverged training leaves such weights.");
        }
    }
}
