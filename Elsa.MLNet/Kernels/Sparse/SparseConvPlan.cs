using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// A sparse convolution of one shape, in two passes of independent parts. First the input becomes
/// <see cref="PackedPlanes"/>, in which every tap of the kernel is a shift, so that any stride, padding and dilation is the
/// same to what follows; a convolution by single points needs no such copy. Then tiles of output positions, of all
/// channels and taps, are multiplied with the pack. Serves any number of calls at once.
/// </summary>
internal sealed unsafe class SparseConvPlan
{
    /// <summary>Positions that make a stack of images long enough to fill tiles.</summary>
    private const int StackPositions = 512;

    /// <summary>
    /// How often a tile's row must be used at least for a copy of it to pay, in which every vector is aligned.
    /// </summary>
    private const double UsesOfCopy = 6;

    private readonly SparsePack _pack;
    private readonly ConvolutionShape _shape;
    private readonly InstructionSet _set;
    private readonly PackedPlanes? _planes;
    private readonly int[] _offsets;
    private readonly int _stack;
    private readonly int _stacks;
    private readonly int _positions;
    private readonly int _pitch;
    private readonly int _imageSize;
    private readonly int _width;
    private readonly int _tiles;
    private readonly int _chunkParts;

    /// <param name="pack">Weights [output channels, channels of a group times taps].</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="set">Instructions.</param>
    /// <param name="threads">Threads that share the parts.</param>
    public SparseConvPlan(SparsePack pack, ConvolutionShape shape, InstructionSet set, int threads)
    {
        (_pack, _shape, _set) = (pack, shape, set);
        if (IsPointwise(shape))
        {
            (_stack, _imageSize, _pitch) = (1, shape.InputPlane, shape.Columns.Input);
            _offsets = [.. Enumerable.Range(0, shape.InputChannelsPerGroup).Select(channel => channel * _imageSize)];
            _positions = _imageSize;
        }
        else
        {
            var (rows, columns) = (shape.Rows.Packed(), shape.Columns.Packed());
            int image = rows.Pitch * columns.Pitch;
            _stack = Math.Clamp(StackPositions / image, 1, Math.Max(1, shape.Images));
            _planes = new PackedPlanes(rows, columns, _stack);
            (_pitch, _imageSize) = (_planes.Pitch, _planes.ImageSize);
            _offsets = Offsets(shape, _planes);
            // Behind the last image's last output there is nothing to compute.
            _positions = (_stack - 1) * _imageSize + (shape.Rows.Output - 1) * _pitch + shape.Columns.Output;
            // A tile may read behind the last line.
            LinesLength = (long)Stacks(shape) * shape.InputChannels * _planes.ChannelSize + SparseTile.Widest(set);
        }
        _stacks = Stacks(shape);
        _width = SparseTile.Width(set, _positions);
        _tiles = (_positions + _width - 1) / _width;
        int parts = _stacks * shape.Groups * _tiles;
        _chunkParts = parts % threads == 0 || parts >= 4 * threads ? 1 : Math.Min(pack.ChunksPerGroup, threads);
    }

    /// <summary>Floats between the two passes; 0 if there is no first pass.</summary>
    public long LinesLength { get; }

    public int PackParts => _planes is null ? 0 : _stacks * _shape.InputChannels;

    public int Parts => _stacks * _shape.Groups * _tiles * _chunkParts;

    /// <summary>Whether the plan is for this shape.</summary>
    public bool Fits(ConvolutionShape shape) => _shape == shape;

    /// <summary>Lays one channel of one stack of images out in lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(in SparseConvCall call, int part)
    {
        int channel = part % _shape.InputChannels, stack = part / _shape.InputChannels;
        long imageStride = (long)_shape.InputChannels * _shape.InputPlane;
        int first = stack * _stack;
        _planes!.Pack(
            call.X + first * imageStride + (long)channel * _shape.InputPlane, imageStride,
            Math.Min(_stack, _shape.Images - first), call.Lines + (long)part * _planes.ChannelSize);
    }

    /// <summary>Computes some output channels at one tile of positions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(in SparseConvCall call, int part)
    {
        int chunkPart = part % _chunkParts;
        part /= _chunkParts;
        int tile = part % _tiles, group = part / _tiles % _shape.Groups, stack = part / _tiles / _shape.Groups;
        int first = tile * _width, count = Math.Min(_width, Positions(stack) - first);
        if (count <= 0)
            return;
        int width = SparseTile.Width(_set, count);
        int channels = _shape.InputChannelsPerGroup;
        float* source = _planes is null
            ? call.X + ((long)stack * _shape.InputChannels + group * channels) * _shape.InputPlane
            : call.Lines + ((long)stack * _shape.InputChannels + group * channels) * _planes.ChannelSize;
        double uses = (double)_pack.NonZeros(call.Level) / _pack.Groups / _pack.Columns;
        bool copies = uses >= UsesOfCopy || (_planes is null && count < width);
        using var tileRows = new Scratch(copies ? (long)_pack.Columns * width : 0);
        using var sums = new Scratch((long)SparsePack.ChunkRows * width);
        float* x = source + first;
        if (copies)
        {
            Gather(x, _planes is null ? count : width, tileRows.Data, width);
            x = tileRows.Data;
        }
        int chunks = _pack.ChunksPerGroup;
        int end = (int)((long)chunks * (chunkPart + 1) / _chunkParts);
        fixed (int* offsets = _offsets)
        {
            for (int chunk = (int)((long)chunks * chunkPart / _chunkParts); chunk < end; chunk++)
            {
                SparseTile.Run(
                    _set, _pack, call.Level, group, chunk, x, copies ? null : offsets, width, sums.Data);
                Write(call, sums.Data, width, stack, group * _pack.RowsPerGroup + chunk * SparsePack.ChunkRows,
                    _pack.RowsOf(chunk), first, count);
            }
        }
    }

    /// <summary>Whether output and input positions are the same.</summary>
    private static bool IsPointwise(ConvolutionShape shape) => shape.Taps == 1
        && shape.Rows is { Stride: 1, Pad: 0 } && shape.Columns is { Stride: 1, Pad: 0 }
        && shape.Rows.Input == shape.Rows.Output && shape.Columns.Input == shape.Columns.Output;

    private static int[] Offsets(ConvolutionShape shape, PackedPlanes planes)
    {
        var offsets = new int[shape.InputChannelsPerGroup * shape.Taps];
        int at = 0;
        for (int channel = 0; channel < shape.InputChannelsPerGroup; channel++)
        {
            for (int row = 0; row < shape.Rows.Kernel; row++)
            {
                var (rowPhase, rowShift) = shape.Rows.Tap(row);
                for (int column = 0; column < shape.Columns.Kernel; column++)
                {
                    var (columnPhase, columnShift) = shape.Columns.Tap(column);
                    offsets[at++] = channel * planes.ChannelSize
                        + planes.Offset(rowPhase, rowShift, columnPhase, columnShift);
                }
            }
        }
        return offsets;
    }

    private int Stacks(ConvolutionShape shape) => (shape.Images + _stack - 1) / _stack;

    private int Images(int stack) => Math.Min(_stack, _shape.Images - stack * _stack);

    private int Positions(int stack) => _positions - (_stack - Images(stack)) * _imageSize;

    /// <summary>The tile's row of every channel and tap. Lines may be read behind the tile's last position, x may not.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gather(float* source, int count, float* x, int width)
    {
        if (count == width && width == 4 * Vector512<float>.Count)
        {
            foreach (int offset in _offsets)
            {
                float* from = source + offset;
                Vector512<float> a = Vector512.Load(from), b = Vector512.Load(from + 16);
                Vector512<float> c = Vector512.Load(from + 32), d = Vector512.Load(from + 48);
                Vector512.Store(a, x);
                Vector512.Store(b, x + 16);
                Vector512.Store(c, x + 32);
                Vector512.Store(d, x + 48);
                x += width;
            }
            return;
        }
        foreach (int offset in _offsets)
        {
            Rows.Copy(source + offset, x, count);
            for (int i = count; i < width; i++)
                x[i] = 0;
            x += width;
        }
    }

    /// <summary>Writes the positions that are outputs; between rows and images lie some that are not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write(
        in SparseConvCall call, float* sums, int width, int stack, int firstRow, int rows, int first, int count)
    {
        int columns = _shape.Columns.Output, plane = _shape.OutputPlane;
        // Rows of an image without gaps between them are one run.
        bool isOneRun = _pitch == columns;
        if (call.Addend is null)
            call.Epilogue.FinishRows(sums, width, firstRow, rows, null, 0, width);
        for (int position = first; position < first + count;)
        {
            int image = position / _imageSize, inImage = position % _imageSize;
            int row = inImage / _pitch, column = inImage % _pitch;
            int left = isOneRun ? plane - inImage : columns - column;
            if (row >= _shape.Rows.Output || left <= 0)
            {
                position += isOneRun ? _imageSize - inImage : _pitch - column;
                continue;
            }
            int run = Math.Min(left, first + count - position);
            long to = (((long)stack * _stack + image) * _shape.OutputChannels + firstRow) * plane
                + (long)row * columns + column;
            float* from = sums + position - first;
            if (call.Addend is not null)
                call.Epilogue.FinishRows(from, width, firstRow, rows, call.Addend + to, plane, run);
            for (int i = 0; i < rows; i++)
                Rows.Copy(from + (long)i * width, call.Y + to + (long)i * plane, run);
            position += run;
        }
    }
}
