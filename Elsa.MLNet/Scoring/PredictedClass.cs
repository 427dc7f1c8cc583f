using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>The class that a row's scores mean: the largest one; of a single score, whether it reaches a threshold.</summary>
internal static class PredictedClass
{
    /// <summary>A probability is class 1 from one half on; any other single score, as a logit, from zero on.</summary>
    public static float Threshold(ModelProto model, string outputName) =>
        ScoreKinds.Maker(model.Graph, outputName) == "Sigmoid" ? 0.5f : 0;

    /// <summary>Ties go to the first class.</summary>
    public static int Of(ReadOnlySpan<float> scores, float threshold)
    {
        if (scores.Length == 1) return scores[0] >= threshold ? 1 : 0;
        var best = 0;
        for (var index = 1; index < scores.Length; index++)
            if (scores[index] > scores[best]) best = index;
        return best;
    }
}
