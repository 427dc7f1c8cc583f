using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>A run of a level that any of its sessions can do.</summary>
/// <param name="Rows">Rows of the run.</param>
/// <param name="InputNames">Names of the inputs.</param>
/// <param name="Inputs">Their tensors.</param>
/// <param name="OutputNames">Names of the outputs.</param>
internal sealed record LevelRun(int Rows, string[] InputNames, OrtValue[] Inputs, string[] OutputNames)
{
    public IDisposableReadOnlyCollection<OrtValue> On(InferenceSession session)
    {
        using var options = new RunOptions();
        return session.Run(options, InputNames, Inputs, OutputNames);
    }
}
