using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Data;

/// <summary>
/// The two ways to stop work: the token of the options and the cancellation of the ML.NET environment.
/// </summary>
internal sealed class Cancellation
{
    private readonly Func<bool> _hostIsCanceled;
    private readonly bool _wasCanceled;
    private readonly CancellationToken _token;

    /// <summary>
    /// For scoring. An environment stays cancelled for good, and AutoML cancels those of its trials: a model of such a trial
    /// must still score, so only a cancellation from now on counts.
    /// </summary>
    /// <param name="host">Host of the transformer that scores.</param>
    /// <param name="token">Token of the options.</param>
    public Cancellation(IHost host, CancellationToken token) : this(host, isFit: false, token)
    {
    }

    private Cancellation(IHost host, bool isFit, CancellationToken token)
    {
        _hostIsCanceled = MLNetInternals.CancellationOf(host);
        _wasCanceled = !isFit && _hostIsCanceled();
        _token = token;
    }

    /// <summary>For a fit. A cancellation before it counts: AutoML cancels a trial whose time or memory is spent while
    /// another estimator of its pipeline is fitted, too.</summary>
    public static Cancellation OfFit(IHost host, CancellationToken token) => new(host, isFit: true, token);

    /// <exception cref="OperationCanceledException">One of the two was cancelled.</exception>
    public void ThrowIfRequested()
    {
        _token.ThrowIfCancellationRequested();
        if (!_wasCanceled && _hostIsCanceled())
            throw new OperationCanceledException("The ML.NET environment cancelled the execution.");
    }
}
