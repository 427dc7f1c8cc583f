using Elsa.MLNet.Kernels;
using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Tests.Kernels.Sparse;

/// <summary>A matrix of random weights and levels, as a pack and as plain numbers.</summary>
sealed class SparseWeights : IDisposable
{
    readonly float[] _weights;
    readonly byte[] _levels;

    public SparseWeights(int rows, int columns, int groups, int levelCount, int seed, int height = 1)
    {
        var random = new Random(seed);
        (Rows, Columns) = (rows, columns);
        _weights = new float[rows * columns];
        _levels = new byte[_weights.Length];
        var density = 0.05 + 0.9 * random.NextDouble();
        for (var i = 0; i < _weights.Length; i++)
        {
            _weights[i] = random.Next(50) == 0 ? 0 : random.NextSingle() - 0.5f;
            var isFirstOfBlock = i / columns % height == 0;
            if (!isFirstOfBlock) _levels[i] = _levels[i - columns];
            while (isFirstOfBlock && _levels[i] < levelCount - 1 && random.NextDouble() < density) _levels[i]++;
        }
        Pack = SparsePack.Create(_weights, _levels, rows, columns, groups, levelCount);
    }

    public static IEnumerable<object[]> Sets =>
        Enum.GetValues<InstructionSet>().Where(set => set <= InstructionSets.Widest).Select(set => new object[] { set });

    public int Rows { get; }

    public int Columns { get; }

    public SparsePack Pack { get; }

    /// <summary>A pack of the same weights, given columns by rows.</summary>
    public SparsePack PackTransposed()
    {
        var (weights, levels) = (new float[_weights.Length], new byte[_levels.Length]);
        for (var i = 0; i < weights.Length; i++)
        {
            var to = i % Columns * Rows + i / Columns;
            (weights[to], levels[to]) = (_weights[i], _levels[i]);
        }
        return SparsePack.Create(weights, levels, Rows, Columns, 1, Pack.LevelCount, transposed: true);
    }

    /// <summary>The level's weight; 0 where it keeps none.</summary>
    public float At(int level, int row, int column)
    {
        var i = row * Columns + column;
        return _levels[i] >= level ? _weights[i] : 0;
    }

    public long NonZeros(int level) => Enumerable.Range(0, _weights.Length).Count(i => _levels[i] >= level && _weights[i] != 0);

    public static float[] Draw(int length, Random random)
    {
        var values = new float[length];
        foreach (ref var value in values.AsSpan()) value = random.NextSingle() - 0.5f;
        return values;
    }

    /// <summary>Fails unless the difference is under 1e-5 of the expected values' norm.</summary>
    public static void AreClose(double[] expected, float[] actual, string what)
    {
        double difference = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow(expected[i] - actual[i], 2);
            norm += Math.Pow(expected[i], 2);
        }
        Assert.IsTrue(Math.Sqrt(difference) <= 1e-5 * Math.Sqrt(norm) + 1e-30, $"{what}: {Math.Sqrt(difference)} of {Math.Sqrt(norm)}");
    }

    public void Dispose() => Pack.Dispose();
}
