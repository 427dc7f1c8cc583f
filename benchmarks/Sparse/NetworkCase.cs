using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>A network to measure, and rows for it.</summary>
/// <param name="Title">The network.</param>
/// <param name="Model">Gives the dense network.</param>
/// <param name="Inputs">Values of a row.</param>
/// <param name="Batch">Rows scored together.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Vocabulary">How many different tokens a row is of; null if rows are of real numbers.</param>
sealed record NetworkCase(string Title, Func<ModelProto> Model, int Inputs, int Batch, int Threads, int? Vocabulary = null)
{
    const int LeastRows = 16, Batches = 4;

    /// <summary>How a level's sparsity is spread over the tensors.</summary>
    public ElsaAllocation Allocation { get; init; } = ElsaAllocation.Global;

    public string Name => $"{Title}, batch {Batch}, {Threads} thread{(Threads == 1 ? "" : "s")}"
        + (Allocation == ElsaAllocation.Global ? "" : $", {Allocation.Name} masks");

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Some batches of seeded random rows in memory, in the column Features.</summary>
    public IDataView Rows(MLContext context)
    {
        var random = new Random(1);
        return Vocabulary is { } tokens
            ? View(context, NumberDataViewType.Int64, () => new TokenRow { Features = Draw(() => (long)random.Next(tokens)) })
            : View(context, NumberDataViewType.Single, () => new NumberRow { Features = Draw(random.NextSingle) });
    }

    T[] Draw<T>(Func<T> draw) => [.. Enumerable.Range(0, Inputs).Select(_ => draw())];

    IDataView View<TRow>(MLContext context, PrimitiveDataViewType type, Func<TRow> draw) where TRow : class
    {
        var schema = SchemaDefinition.Create(typeof(TRow));
        schema["Features"].ColumnType = new VectorDataViewType(type, Inputs);
        var rows = Enumerable.Range(0, Math.Max(Batch * Batches, LeastRows)).Select(_ => draw()).ToList();
        // A cursor over objects is compiled each time it is opened; one over memory is not.
        return context.Data.Cache(context.Data.LoadFromEnumerable(rows, schema));
    }

    sealed class NumberRow
    {
        public float[] Features { get; set; } = [];
    }

    sealed class TokenRow
    {
        public long[] Features { get; set; } = [];
    }
}
