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

    /// <exception cref="ArgumentException">There is no transformer of ours, or it cannot be changed so.</exception>
    public static ITransformer Change(ITransformer model, Func<ElsaTransformer, ElsaTransformer> change)
    {
        if (Find(model).Count == 0)
        {
            throw new ArgumentException(
                "There is no ElsaTransformer in the model, so nothing can be changed. A model that was saved with " +
                "ElsaSaveFormat.Portable holds one plain level; load one that was saved with Native.",
                nameof(model));
        }
        var made = new List<ElsaTransformer>();
        try
        {
            return Copy(model);
        }
        catch
        {
            made.ForEach(elsa => elsa.Dispose());
            throw;
        }

        ITransformer Copy(ITransformer part)
        {
            if (part is ElsaTransformer elsa)
            {
                made.Add(change(elsa));
                return made[^1];
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
