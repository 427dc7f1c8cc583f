using Elsa.MLNet.Onnx;

namespace Elsa.MLNet;

/// <summary>Which parent scores, at which level, from which columns and into which. Immutable.</summary>
public sealed record ElsaScoringOptions
{
    /// <summary>Columns that receive outputs; outputs of the model that are not named are not computed.</summary>
    public required IReadOnlyList<ElsaOutput> Outputs { get; init; }

    /// <summary>Columns that feed the model, one for each of its inputs.</summary>
    public required IReadOnlyList<ElsaInput> Inputs { get; init; }

    /// <summary>The parent as a file. Give this or <see cref="Parent"/>.</summary>
    public string? ParentFile { get; init; }

    /// <summary>A parent that was read already; several estimators may share it. Give this or <see cref="ParentFile"/>.</summary>
    public ParentModel? Parent { get; init; }

    /// <summary>Name of the level, for example s90. The default value is dense.</summary>
    public string Level { get; init; } = ParentModel.DenseName;

    /// <summary>How the level is run.</summary>
    public ElsaExecutionOptions Execution { get; init; } = new();

    /// <exception cref="ArgumentException">No parent is given, or two.</exception>
    internal ParentModel Read() => (ParentFile, Parent) switch
    {
        (null, { } parent) => parent,
        ({ } file, null) => ParentModel.Read(file),
        (null, null) => throw new ArgumentException("No parent is given; set ParentFile or Parent."),
        _ => throw new ArgumentException("Both ParentFile and Parent are given; set one."),
    };
}
