using Elsa.MLNet;
using Elsa.MLNet.Saving;

namespace Microsoft.ML;

/// <summary>
/// Finds and changes the <see cref="ElsaTransformer"/>s of a fitted pipeline, or of what <c>mlContext.Model.Load</c>
/// gave.
/// </summary>
public static class ElsaModelExtensions
{
    /// <summary>
    /// The transformers of Elsa.MLNet in a model, in order; none if it has none. They are disposed with the model.
    /// </summary>
    /// <param name="model">A transformer, or a chain of them.</param>
    public static IReadOnlyList<ElsaTransformer> ElsaTransformers(this ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ElsaChain.Find(model);
    }

    /// <summary>A model like this one that scores with another level.</summary>
    /// <param name="model">A transformer, or a chain of them.</param>
    /// <param name="level">Name of the level, for example s90.</param>
    /// <returns>A model that shares its other transformers with the given one; dispose both together, when neither is
    /// used any more.</returns>
    /// <exception cref="ArgumentException">There is no such level, or no transformer of Elsa.MLNet in the
    /// model.</exception>
    public static ITransformer WithElsaLevel(this ITransformer model, string level)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(level);
        return ElsaChain.Change(model, elsa => elsa.WithLevel(level));
    }

    /// <summary>A model like this one whose levels are executed otherwise, for example with other threads.</summary>
    /// <inheritdoc cref="WithElsaLevel(ITransformer, string)"/>
    /// <param name="model">A transformer, or a chain of them.</param>
    /// <param name="execution">Batch size, threads, provider and cancellation.</param>
    /// <exception cref="ArgumentException">The provider is not available, or there is no transformer or cascade of
    /// Elsa.MLNet in the model.</exception>
    public static ITransformer WithElsaExecution(this ITransformer model, ElsaExecutionOptions execution)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(execution);
        return ElsaChain.Change(
            model, elsa => elsa.WithExecution(execution), cascade => cascade.WithExecution(execution));
    }

    /// <summary>A model like this one that <c>mlContext.Model.Save</c> writes in another format.</summary>
    /// <inheritdoc cref="WithElsaLevel(ITransformer, string)"/>
    /// <param name="model">A transformer, or a chain of them.</param>
    /// <param name="format">The format.</param>
    /// <exception cref="ArgumentException">There is no such format, or no transformer of Elsa.MLNet in the
    /// model.</exception>
    public static ITransformer WithElsaSaveFormat(this ITransformer model, ElsaSaveFormat format)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ElsaChain.Change(model, elsa => elsa.WithSaveFormat(format));
    }
}
