using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Data;

/// <summary>
/// The two ways to stop one cursor: the token of the options and the cancellation of the ML.NET environment.
/// </summary>
internal sealed class Cancellation
{
    private readonly Func<bool> _hostIsCanceled;
    private readonly bool _wasCanceled;
    private readonly CancellationToken _token;

    /// <param name="host">Host of the transformer that the cursor belongs to.</param>
    /// <param name="token">Token of the options.</param>
    public Cancellation(IHost host, CancellationToken token)
    {
        // An environment stays cancelled for good, and AutoML cancels those of its trials: a model of such a trial must
        // still score, so only a cancellation during the cursor's life counts.
        _hostIsCanceled = MLNetInternals.CancellationOf(host);
        _wasCanceled = _hostIsCanceled();
        _token = token;
    }

    /// <exception cref="OperationCanceledException">One of the two was cancelled.</exception>
    public void ThrowIfRequested()
    {
        _token.ThrowIfCancellationRequested();
        if (!_wasCanceled && _hostIsCanceled())
        {
            throw new OperationCanceledException(
                "The ML.NET environment cancelled the execution while rows were being scored.");
        }
    }
}
