namespace Elsa.MLNet.Data;

/// <summary>Buffers for a batch of rows and the run over them. For one thread at a time.</summary>
internal interface IBatchScorer : IDisposable
{
    /// <summary>Rows that fit into the buffers; 1 for a model that cannot be batched.</summary>
    int Capacity { get; }

    /// <summary>Where the values of an input are to be written, of the type that its column has.</summary>
    IRowValues Inputs(int input);

    /// <summary>Scores the first <paramref name="rows"/> rows.</summary>
    /// <exception cref="OperationCanceledException">The scorer's cancellation token was cancelled before or during the
    /// run.</exception>
    /// <exception cref="ObjectDisposedException">The transformer that opened the scorer was disposed.</exception>
    void Run(int rows);

    /// <summary>The values of an output in the latest run, of the type that its column has.</summary>
    IRowValues Outputs(int output);
}
