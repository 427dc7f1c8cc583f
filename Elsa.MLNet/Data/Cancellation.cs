using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Data;

/// <summary>The two ways to stop one cursor: the token of the options and the cancellation of the ML.NET environment.</summary>
internal sealed class Cancellation
{
    private readonly IHost _host;
    private readonly Func<bool> _hostIsCanceled;
    private readonly CancellationToken _token;

    /// <param name="environment">Environment that the cursor works in.</param>
    /// <param name="token">Token of the options.</param>
    public Cancellation(IHostEnvironment environment, CancellationToken token)
    {
        // With a seed of its own, the registration draws no random number from the environment: a pipeline gives the same
        // results however often its rows are read.
        _host = environment.Register("Score", seed: 0);
        _hostIsCanceled = MLNetInternals.CancellationOf(_host);
        _token = token;
    }

    /// <exception cref="OperationCanceledException">One of the two was cancelled.</exception>
    public void ThrowIfRequested()
    {
        _token.ThrowIfCancellationRequested();
        if (_hostIsCanceled())
            throw new OperationCanceledException("The ML.NET environment cancelled the execution while rows were being scored.");
    }
}
