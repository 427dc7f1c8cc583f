using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Cli;

/// <summary>A file is damaged, was changed, or is not what it should be.</summary>
/// <param name="message">Which file, and what to do.</param>
/// <param name="findings">What is wrong with it.</param>
internal sealed class DamagedFileException(string message, IReadOnlyList<ParentFinding> findings) : Exception(message)
{
    public IReadOnlyList<ParentFinding> Findings { get; } = findings;
}
