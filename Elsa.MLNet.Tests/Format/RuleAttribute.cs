using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Tests.Format;

/// <summary>The numbered sentences of FORMAT.md that a test holds.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class RuleAttribute(params int[] numbers) : Attribute
{
    public IReadOnlyList<int> Numbers { get; } = numbers;
}

/// <summary>The kind of fault that a test provokes.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
sealed class ProvokesAttribute(ParentFormatError error) : Attribute
{
    public ParentFormatError Error { get; } = error;
}
