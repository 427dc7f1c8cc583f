using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Saving;

/// <summary>A model seen as its transformers: the ones of ours are found, or replaced in a copy of the chain.</summary>
internal static class ElsaChain
{
    public static List<ElsaTransformer> Find(ITransformer model) => model switch
    {
        ElsaTransformer elsa => [elsa],
        IEnumerable<ITransformer> chain => [.. chain.SelectMany(Find)],
        _ => [],
    };

    /// <param name="model">The model.</param>
    /// <param name="change">Makes another transformer of one.</param>
    /// <param name="changeCascade">Makes another cascade of one; null if cascades stay as they are.</param>
    /// <exception cref="ArgumentException">There is nothing of ours to change, or it cannot be changed so.</exception>
    public static ITransformer Change(
        ITransformer model, Func<ElsaTransformer, ElsaTransformer> change,
        Func<ElsaCascade, ElsaCascade>? changeCascade = null)
    {
        var made = new List<IDisposable>();
        try
        {
            var copy = Copy(model);
            return made.Count > 0 ? copy : throw new ArgumentException(HasCascade(model)
                ? "The model ends in an ElsaCascade, whose levels are fixed: this can be changed only before WithLevel makes the " +
                  "cascade. Load the parent (ApplyElsaModel) or a model that was saved with an ElsaTransformer."
                : "There is no ElsaTransformer in the model, so nothing can be changed. A model that was saved with " +
                "ElsaSaveFormat.Portable holds one plain level; load one that was saved with Native.",
                nameof(model));
        }
        catch
        {
            made.ForEach(part => part.Dispose());
            throw;
        }

        static bool HasCascade(ITransformer part) =>
            part is ElsaCascade || (part is IEnumerable<ITransformer> chain && chain.Any(HasCascade));

        ITransformer Copy(ITransformer part)
        {
            if (part is ElsaTransformer elsa)
            {
                var changed = change(elsa);
                made.Add(changed);
                return changed;
            }
            if (part is ElsaCascade cascade && changeCascade is not null)
            {
                var changed = changeCascade(cascade);
                made.Add(changed);
                return changed;
            }
            // Only at run time it is known which type the chain ends in.
            return part is IEnumerable<ITransformer> chain
                ? new TransformerChain<ITransformer>(chain.Select(Copy).ToArray(), Scopes((dynamic)chain))
                : part;
        }
    }

    /// <summary>When each transformer of a chain is used, which it tells only by what it would leave out.</summary>
    private static TransformerScope[] Scopes<T>(TransformerChain<T> chain)
        where T : class, ITransformer
    {
        var scopes = chain.Select(_ => TransformerScope.None).ToArray();
        foreach (var scope in new[] { TransformerScope.Training, TransformerScope.Testing, TransformerScope.Scoring })
        {
            using var used = chain.GetModelFor(scope).GetEnumerator();
            bool more = used.MoveNext();
            int index = 0;
            foreach (var transformer in chain)
            {
                if (more && ReferenceEquals(used.Current, transformer))
                {
                    scopes[index] |= scope;
                    more = used.MoveNext();
                }
                index++;
            }
        }
        return scopes;
    }
}
