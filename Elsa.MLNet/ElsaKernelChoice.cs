namespace Elsa.MLNet;

/// <summary>How <see cref="ElsaSparseKernels.Auto"/> decides between a layer's dense and sparse kernel.</summary>
public enum ElsaKernelChoice
{
    /// <summary>
    /// By timing both on the rows that are scored, layer by layer and then the whole network, when a level first scores so
    /// many rows. Kept in a file per machine.
    /// </summary>
    Measured,

    /// <summary>
    /// By a fixed rule, the same on every machine: sparse from 50 % zeros on for up to 4 positions, 80 % for up to 15, 60 %
    /// for more and 70 % for convolutions.
    /// </summary>
    CostModel,
}
