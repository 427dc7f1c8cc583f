namespace Elsa.MLNet;

/// <summary>From which values weights start that a level keeps and the sparser one did not.</summary>
public enum ElsaReturningWeights
{
    /// <summary>Their values in the original model.</summary>
    Original,

    /// <summary>Drawn anew from N(0, 2 / fan-in) (He et al. 2015, arXiv 1502.01852), seeded.</summary>
    Reinitialized,
}
