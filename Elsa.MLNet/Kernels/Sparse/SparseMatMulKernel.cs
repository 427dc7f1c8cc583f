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
        int count = Math.Min(plan.Width, plan.Positions - first);
        var tile = new TileProduct
        {
            Pack = call.Pack,
            Level = call.Level,
            FirstChunk = firstChunk,
            EndChunk = endChunk,
            Width = Math.Min(plan.Width, SparseTile.Width(call.Set, count, isConvolution: false)),
            Set = call.Set,
        };
        float* addend = call.Addend is null ? null : call.Addend + output;
        tile.Run(new Access(call, plan.Positions, x, call.Y + output, addend, first, count, tile.Width));
    }

    /// <summary>A tile of the input vectors and of the results of a matrix.</summary>
    private readonly struct Access : ITileAccess
    {
        private readonly SparseMatMulCall _call;
        private readonly int _positions;
        private readonly float* _x;
        private readonly float* _addend;
        private readonly float* _y;
        private readonly int _first;
        private readonly int _count;
        private readonly int _width;

        public Access(
            in SparseMatMulCall call, int positions, float* x, float* y, float* addend, int first, int count, int width)
        {
            (_call, _positions, _first, _count, _width) = (call, positions, first, count, width);
            _x = x;
            _y = y;
            _addend = addend;
            Finishes = call.YPositionsInner && count == width && SparseTile.Finishes(call.Pack, call.Epilogue);
        }

        public bool Finishes { get; }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public float* Columns(int first, int count, float* copy)
        {
            if (_call.XPositionsInner && _positions == _width)
                return _x + (long)first * _width;
            if (_call.XPositionsInner)
            {
                float* from = _x + (long)first * _positions + _first;
                for (int column = 0; column < count; column++)
                    Rows.Copy(from + (long)column * _positions, copy + (long)column * _width, _count);
            }
            else
            {
                int columns = _call.Pack.Columns;
                TileTransposition.Gather(
                    _x + (long)_first * columns + first, columns, _count, count, copy, _width);
            }
            // Positions that the tile has and the input has not: their sums are not used.
            for (int column = 0; column < count && _count < _width; column++)
                new Span<float>(copy + (long)column * _width + _count, _width - _count).Clear();
            return copy;
        }

        public TileResults Results(int chunk)
        {
            int firstRow = chunk * SparsePack.ChunkRows;
            long start = (long)firstRow * _positions + _first;
            return new TileResults(
                _call.Epilogue, firstRow, _addend is null ? null : _addend + start, _y + start, _positions);
        }

        public void Write(int chunk, float* sums)
        {
            if (!_call.YPositionsInner)
                WritePositions(chunk, sums);
            else if (!Finishes)
                WriteRows(chunk, sums);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void WriteRows(int chunk, float* sums)
        {
            int firstRow = chunk * SparsePack.ChunkRows;
            long start = (long)firstRow * _positions + _first;
            _call.Epilogue.FinishRows(
                sums, _width, firstRow, _call.Pack.RowsOf(chunk), _addend is null ? null : _addend + start, _y + start,
                _positions, _count);
        }

        /// <summary>
        /// Transposes a chunk to positions, a few at a time through a buffer: written one line each, positions that are a
        /// power of two apart would drive each other out of the cache.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void WritePositions(int chunk, float* sums)
        {
            const int MostPositions = 16, MostRows = 128;
            float* buffer = stackalloc float[MostPositions * MostRows];
            int rows = _call.Pack.RowsOf(chunk), firstRow = chunk * SparsePack.ChunkRows, allRows = _call.Pack.Rows;
            for (int position = 0; position < _count; position += MostPositions)
            {
                int positions = Math.Min(MostPositions, _count - position);
                for (int row = 0; row < rows; row += MostRows)
                {
                    int length = Math.Min(MostRows, rows - row);
                    long at = (long)(_first + position) * allRows + firstRow + row;
                    TileTransposition.Scatter(
                        sums + row * _width + position, _width, positions, length, buffer, MostRows);
                    for (int i = 0; i < positions; i++, at += allRows)
                    {
                        _call.Epilogue.FinishPosition(
                            buffer + i * MostRows, firstRow + row, _addend is null ? null : _addend + at, _y + at,
                            length);
                    }
                }
            }
        }
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
            Width = UsesLanes ? LaneProduct.Vectors : SparseTile.Width(call.Set, Positions, isConvolution: false);
            Tiles = (Positions + Width - 1) / Width;
            int parts = Batches * Tiles, threads = Math.Max(1, call.Threads);
            bool isSmall = call.Pack.NonZeros(call.Level) * Math.Min(Width, Positions) < threads * LeastNonZeros;
            RowParts = parts % threads == 0 || parts >= 8 * threads || isSmall
                ? 1
                : Math.Min(call.Pack.ChunksPerGroup, threads);
        }
    }
}
