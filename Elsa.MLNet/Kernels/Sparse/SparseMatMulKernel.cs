using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// A <see cref="SparseMatMulCall"/> in independent parts. Few input vectors go through a <see cref="LanePack"/>, more in
/// tiles of positions. A result does not depend on how the work is divided.
/// </summary>
internal static unsafe class SparseMatMulKernel
{
    /// <summary>Non-zeros below which dividing a product of few vectors costs more than it brings.</summary>
    private const long LeastNonZeros = 20_000;

    public static int Parts(in SparseMatMulCall call)
    {
        var plan = new Division(call);
        return plan.Batches * plan.Tiles * plan.RowParts;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in SparseMatMulCall call, int part)
    {
        var plan = new Division(call);
        int rowPart = part % plan.RowParts;
        int tile = part / plan.RowParts % plan.Tiles;
        int batch = part / plan.RowParts / plan.Tiles;
        int chunks = call.Pack.ChunksPerGroup;
        int firstChunk = (int)((long)chunks * rowPart / plan.RowParts);
        int endChunk = (int)((long)chunks * (rowPart + 1) / plan.RowParts);
        float* x = call.X + (long)batch * plan.Positions * call.Pack.Columns;
        long output = (long)batch * plan.Positions * call.Pack.Rows;
        if (plan.UsesLanes)
            RunLanes(call, plan, x, output, firstChunk, endChunk);
        else
            RunTile(call, plan, x, output, tile * plan.Width, firstChunk, endChunk);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunLanes(
        in SparseMatMulCall call, in Division plan, float* x, long output, int firstChunk, int endChunk)
    {
        var pack = call.Pack;
        int stride = LaneProduct.Stride(pack);
        // Lanes multiply zeros, too; tiles do not.
        if (!TensorPrimitives.IsFiniteAll(new ReadOnlySpan<float>(x, plan.Positions * pack.Columns)))
        {
            RunTile(call, plan, x, output, 0, firstChunk, endChunk);
            return;
        }
        using var padded = new Scratch((long)stride * plan.Positions);
        for (int position = 0; position < plan.Positions; position++)
        {
            var to = new Span<float>(padded.Data + (long)position * stride, stride);
            new ReadOnlySpan<float>(x + (long)position * pack.Columns, pack.Columns).CopyTo(to);
            to[pack.Columns..].Clear();
        }
        for (int chunk = firstChunk; chunk < endChunk; chunk++)
        {
            int firstRow = chunk * SparsePack.ChunkRows;
            float* y = call.Y + output + firstRow;
            if (pack.Height > 1)
                BlockProduct.Run(call.Set, pack, call.Level, chunk, padded.Data, stride, plan.Positions, y, pack.Rows);
            else
                LaneProduct.Run(call.Set, pack, call.Level, 0, chunk, padded.Data, plan.Positions, y, pack.Rows);
            for (int position = 0; position < plan.Positions; position++)
            {
                long at = output + (long)position * pack.Rows + firstRow;
                call.Epilogue.FinishPosition(
                    call.Y + at, firstRow, call.Addend is null ? null : call.Addend + at, call.Y + at,
                    pack.RowsOf(chunk));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunTile(
        in SparseMatMulCall call, in Division plan, float* x, long output, int first, int firstChunk, int endChunk)
    {
        var pack = call.Pack;
        int count = Math.Min(plan.Width, plan.Positions - first);
        int width = Math.Min(plan.Width, SparseTile.Width(call.Set, count, 0));
        using var tile = new Scratch((long)pack.Columns * width);
        using var sums = new Scratch((long)SparsePack.ChunkRows * width);
        if (call.XPositionsInner)
            CopyTile(x + first, plan.Positions, pack.Columns, count, tile.Data, width);
        else
        {
            TileTransposition.Gather(
                x + (long)first * pack.Columns, pack.Columns, count, pack.Columns, tile.Data, width);
            ZeroTail(tile.Data, pack.Columns, count, width);
        }
        bool finishes = call.YPositionsInner && count == width && SparseTile.Finishes(pack, call.Epilogue);
        for (int chunk = firstChunk; chunk < endChunk; chunk++)
        {
            long start = output + (long)chunk * SparsePack.ChunkRows * plan.Positions + first;
            var results = new TileResults
            {
                Epilogue = call.Epilogue,
                FirstRow = chunk * SparsePack.ChunkRows,
                Addend = call.Addend is null ? null : call.Addend + start,
                Y = call.Y + start,
                Stride = plan.Positions,
            };
            SparseTile.Run(
                call.Set, pack, call.Level, 0, chunk, tile.Data, null, null, width, sums.Data, finishes ? &results : null);
            if (finishes)
                continue;
            if (call.YPositionsInner)
                WriteRows(call, plan, sums.Data, width, output, first, count, chunk);
            else
                WritePositions(call, sums.Data, width, output, first, count, chunk);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteRows(
        in SparseMatMulCall call, in Division plan, float* sums, int width, long output, int first, int count, int chunk)
    {
        int rows = call.Pack.RowsOf(chunk), firstRow = chunk * SparsePack.ChunkRows;
        long start = output + (long)firstRow * plan.Positions + first;
        float* addend = call.Addend is null ? null : call.Addend + start;
        call.Epilogue.FinishRows(sums, width, firstRow, rows, addend, call.Y + start, plan.Positions, count);
    }

    /// <summary>
    /// Transposes sums to positions, a few at a time through a buffer: written one line each, positions that are a power
    /// of two apart would drive each other out of the cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WritePositions(
        in SparseMatMulCall call, float* sums, int width, long output, int first, int count, int chunk)
    {
        const int MostPositions = 16, MostRows = 128;
        float* buffer = stackalloc float[MostPositions * MostRows];
        int rows = call.Pack.RowsOf(chunk), firstRow = chunk * SparsePack.ChunkRows;
        for (int position = 0; position < count; position += MostPositions)
        {
            int positions = Math.Min(MostPositions, count - position);
            for (int row = 0; row < rows; row += MostRows)
            {
                int length = Math.Min(MostRows, rows - row);
                TileTransposition.Scatter(
                    sums + row * width + position, width, positions, length, buffer, MostRows);
                long at = output + (long)(first + position) * call.Pack.Rows + firstRow + row;
                for (int i = 0; i < positions; i++, at += call.Pack.Rows)
                {
                    call.Epilogue.FinishPosition(
                        buffer + i * MostRows, firstRow + row, call.Addend is null ? null : call.Addend + at,
                        call.Y + at, length);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyTile(float* x, int stride, int columns, int count, float* tile, int width)
    {
        for (int column = 0; column < columns; column++)
            Rows.Copy(x + (long)column * stride, tile + (long)column * width, count);
        ZeroTail(tile, columns, count, width);
    }

    /// <summary>Positions that the tile has and the input has not: their sums are not used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ZeroTail(float* tile, int columns, int count, int width)
    {
        if (count == width)
            return;
        for (int column = 0; column < columns; column++)
            new Span<float>(tile + (long)column * width + count, width - count).Clear();
    }

    /// <summary>How a call is divided.</summary>
    private readonly ref struct Division
    {
        public readonly int Batches;
        public readonly int Positions;
        public readonly bool UsesLanes;
        public readonly int Width;
        public readonly int Tiles;
        public readonly int RowParts;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public Division(in SparseMatMulCall call)
        {
            (Batches, Positions) = call is { XPositionsInner: false, YPositionsInner: false }
                ? (1, call.Batches * call.Positions)
                : (call.Batches, call.Positions);
            UsesLanes = call is { XPositionsInner: false, YPositionsInner: false, Pack.Columns: <= LanePack.MostColumns }
                && Positions <= (call.Pack.Height > 1 ? LaneProduct.Vectors : LaneProduct.MostVectors(call.Set));
            Width = UsesLanes ? LaneProduct.Vectors : SparseTile.Width(call.Set, Positions, call.Pack.Columns);
            Tiles = (Positions + Width - 1) / Width;
            int parts = Batches * Tiles, threads = Math.Max(1, call.Threads);
            bool isSmall = call.Pack.NonZeros(call.Level) * Math.Min(Width, Positions) < threads * LeastNonZeros;
            RowParts = parts % threads == 0 || parts >= 8 * threads || isSmall
                ? 1
                : Math.Min(call.Pack.ChunksPerGroup, threads);
        }
    }
}
