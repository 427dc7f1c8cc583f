namespace Elsa.MLNet;

/// <summary>How <see cref="ElsaSparseKernels.Auto"/> decides between a layer's dense and sparse kernel.</summary>
public enum ElsaKernelChoice
{
    /// <summary>
    /// By timing when a level first scores so many rows, on these rows: each layer alone, then the network with all
    /// layers dense, with those sparse that are at least 5 % faster so, and with all sparse. The network runs as it is
    /// fastest, but dense unless another way is at least 5 % faster than dense, by the median of runs in turn, in each of
    /// two series. Kept in a file per machine.
    /// </summary>
    Measured,

    /// <summary>
    /// By a fixed rule, the same on every machine: sparse from 50 % zeros on for up to 4 positions, 80 % for up to 15,
    /// 60 % for more and 70 % for convolutions.
    /// </summary>
    CostModel,
}
