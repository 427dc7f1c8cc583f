namespace Elsa.MLNet;

/// <summary>What a model's scores are.</summary>
public enum ElsaScoreKind
{
    /// <summary>Probabilities if the model ends in Softmax or Sigmoid, else logits.</summary>
    Auto,

    /// <summary>What a softmax (of a single score, a sigmoid) makes probabilities of.</summary>
    Logits,

    /// <summary>Probabilities, 0..1.</summary>
    Probabilities,
}
