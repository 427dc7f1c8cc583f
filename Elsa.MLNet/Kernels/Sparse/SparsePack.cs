using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// Non-zeros of one weight matrix, every level; a level is a prefix of each row. Weights that only the dense level keeps
/// are not in it. Thread safe to read. Native memory.
/// </summary>
internal sealed unsafe class SparsePack : IDisposable
{
    private readonly long[] _starts;
    private readonly int[] _counts;
    private void* _memory;

    private SparsePack(int rows, int columns, int groups, int levelCount, long[] starts, int[] counts)
    {
        (Rows, Columns, Groups, LevelCount, _starts, _counts) = (rows, columns, groups, levelCount, starts, counts);
        Bytes = starts[rows] * (sizeof(float) + sizeof(int));
        _memory = NativeMemory.Alloc((nuint)Math.Max(1, Bytes));
    }

    ~SparsePack() => NativeMemory.Free(_memory);

    public int Rows { get; }

    public int Columns { get; }

    public int Groups { get; }

    public int LevelCount { get; }

    public long Bytes { get; }

    /// <summary>Packs weights.</summary>
    /// <param name="weights">Row-major [rows, columns]: row = output, column = input within the group.</param>
    /// <param name="levels">Per weight the sparsest level that keeps it.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs of an output.</param>
    /// <param name="groups">Groups among which the rows are divided evenly.</param>
    /// <param name="levelCount">Levels, the dense one included.</param>
    public static SparsePack Create(
        ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, int rows, int columns, int groups, int levelCount)
    {
        var starts = new long[rows + 1];
        var counts = new int[rows * levelCount];
        for (int row = 0; row < rows; row++)
        {
            foreach (byte kept in levels.Slice(row * columns, columns))
            {
                for (int level = 1; level <= kept; level++)
                    counts[row * levelCount + level]++;
            }
            starts[row + 1] = starts[row] + (levelCount > 1 ? counts[row * levelCount + 1] : 0);
        }
        var pack = new SparsePack(rows, columns, groups, levelCount, starts, counts);
        for (int row = 0; row < rows; row++)
        {
            long at = starts[row];
            for (int level = levelCount - 1; level > 0; level--)
            {
                for (int column = 0; column < columns; column++)
                {
                    if (levels[row * columns + column] != level)
                        continue;
                    pack.Values[at] = weights[row * columns + column];
                    pack.Positions[at++] = column;
                }
            }
        }
        return pack;
    }

    public long NonZeros(int level)
    {
        long sum = 0;
        for (int row = 0; row < Rows; row++)
            sum += Count(row, level);
        return sum;
    }

    public int Count(int row, int level) => _counts[row * LevelCount + level];

    public float* RowValues(int row) => Values + _starts[row];

    public int* RowPositions(int row) => Positions + _starts[row];

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
        GC.SuppressFinalize(this);
    }

    private float* Values => (float*)_memory;

    private int* Positions => (int*)(Values + _starts[Rows]);
}
