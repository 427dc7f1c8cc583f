using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// A sparse convolution of one shape. The input of a stack of images becomes <see cref="TapLines"/>, in which every tap
/// of the kernel is a shift, so that any stride, padding and dilation is the same to what follows; a convolution by single
/// points needs no such copy. Then tiles of output positions are multiplied with the pack. Where there are enough
/// stacks for all threads each makes its lines and uses them while they are in its cache; else all threads make the
/// lines of all stacks first. Serves any number of calls at once.
/// </summary>
internal sealed unsafe class SparseConvPlan
{
    /// <summary>How often a tile's row must be used for a copy to pay, where each is in another page of memory.
    /// </summary>
    private const double UsesOfCopy = 5;

    private readonly SparsePack _pack;
    private readonly ConvolutionShape _shape;
    private readonly InstructionSet _set;
    private readonly TapLines? _lines;
    private readonly bool _sharesLines;
    private readonly int[] _offsets;
    private readonly SparsePlaces? _places;
    private readonly int _stack = 1;
    private readonly int _stacks;
    private readonly int _positions;
    private readonly int _pitch;
    private readonly int _imageSize;
    private readonly int _width;
    private readonly int _tiles;
    private readonly int _chunkParts = 1;

    /// <param name="pack">Weights [output channels, channels of a group times taps].</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="set">Instructions.</param>
    /// <param name="threads">Threads that share the parts.</param>
    public SparseConvPlan(SparsePack pack, ConvolutionShape shape, InstructionSet set, int threads)
    {
        (_pack, _shape, _set) = (pack, shape, set);
        if (IsPointwise(shape))
        {
            (_imageSize, _pitch) = (shape.InputPlane, shape.Columns.Input);
            _offsets = [.. Enumerable.Range(0, shape.InputChannelsPerGroup).Select(channel => channel * _imageSize)];
            _positions = _imageSize;
        }
        else
        {
            _lines = new TapLines(shape);
            (_stack, _imageSize, _pitch) = (_lines.Images, _lines.ImageSize, _lines.Pitch);
            _offsets = Offsets(shape, _lines);
            if (pack.Height == 1)
                _places = pack.Places(_offsets);
            // Behind the last image's last output there is nothing to compute.
            _positions = (_stack - 1) * _imageSize + (shape.Rows.Output - 1) * _pitch + shape.Columns.Output;
        }
        _stacks = (shape.Images + _stack - 1) / _stack;
        _width = SparseTile.Width(set, _positions, isConvolution: true);
        _tiles = (_positions + _width - 1) / _width;
        _sharesLines = _lines is not null && threads > 1 && _stacks % threads != 0 && _stacks < 4 * threads;
        if (_lines is null || _sharesLines)
        {
            int parts = _stacks * shape.Groups * _tiles;
            _chunkParts = parts % threads == 0 || parts >= 4 * threads ? 1 : Math.Min(pack.ChunksPerGroup, threads);
            Parts = parts * _chunkParts;
        }
        else
        {
            Parts = _stacks;
        }
    }

    /// <summary>Floats that the threads share; 0 if there is no first pass.</summary>
    public long SharedLength => _sharesLines ? _stacks * StackLength : 0;

    /// <summary>Parts of the first pass, in which the threads make the lines.</summary>
    public int SharedParts => _sharesLines ? _stacks * _shape.InputChannels : 0;

    public int Parts { get; }

    /// <summary>Makes the lines of one channel of one stack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Share(in SparseConvCall call, int part)
    {
        var (stack, channel) = Math.DivRem(part, _shape.InputChannels);
        WriteLines(call, stack, channel, call.Lines + stack * StackLength);
    }

    /// <summary>Computes a part of the outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(in SparseConvCall call, int part)
    {
        if (_lines is null || _sharesLines)
        {
            int chunkPart = part % _chunkParts;
            part /= _chunkParts;
            int tile = part % _tiles, group = part / _tiles % _shape.Groups, stack = part / _tiles / _shape.Groups;
            int first = tile * _width;
            RunTile(call, Input(call, stack), stack, group, first, Math.Min(_width, Positions(stack) - first), chunkPart);
            return;
        }
        using var lines = new Scratch(StackLength);
        MakeLines(call, part, lines.Data);
        for (int group = 0; group < _shape.Groups; group++)
        {
            for (int first = 0; first < Positions(part); first += _width)
                RunTile(call, lines.Data, part, group, first, Math.Min(_width, Positions(part) - first), 0);
        }
    }

    /// <summary>Images of a stack.</summary>
    public int ImagesOfStack => _stack;

    /// <summary>Whether each image needs lines that are not shared.</summary>
    public bool HasOwnLines => _lines is not null && !_sharesLines;

    /// <summary>What a stack's taps read, where it has no lines of its own.</summary>
    public float* Input(in SparseConvCall call, int stack) => _sharesLines
        ? call.Lines + stack * StackLength
        : call.X + (long)stack * _shape.InputChannels * _shape.InputPlane;

    /// <summary>Floats of a stack's lines.</summary>
    // A tile may read behind the last line.
    public long StackLength =>
        (long)_shape.InputChannels * _lines!.ChannelSize + SparseTile.Widest(_set, isConvolution: true);

    /// <summary>From a row's results to the next ones where they are written as they are computed.</summary>
    public int Pitch => _pitch;

    /// <summary>Positions of a tile.</summary>
    public int Width => _width;

    /// <summary>Makes the lines of a stack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void MakeLines(in SparseConvCall call, int stack, float* lines)
    {
        for (int channel = 0; channel < _shape.InputChannels; channel++)
            WriteLines(call, stack, channel, lines);
    }

    /// <summary>
    /// Computes all channels of some rows of an image. Rows of results lie <see cref="Pitch"/> apart; behind the last one
    /// others may be written, up to a tile's width.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void RunRows(in SparseConvCall call, float* input, int image, int firstRow, int afterRow)
    {
        int end = Math.Min(afterRow * _pitch, _positions);
        for (int group = 0; group < _shape.Groups; group++)
        {
            for (int first = firstRow * _pitch; first < end; first += _width)
            {
                int count = Math.Min(_width, end - first);
                // Lines may be read, and results be written, behind the last row.
                if (_lines is not null)
                    count = Math.Min(_width, SparseTile.Width(_set, count, isConvolution: true));
                RunTile(call, input, image, group, first, count, 0);
            }
        }
    }

    /// <summary>Whether output and input positions are the same.</summary>
    private static bool IsPointwise(ConvolutionShape shape) => shape.Taps == 1
        && shape.Rows is { Stride: 1, Pad: 0 } && shape.Columns is { Stride: 1, Pad: 0 }
        && shape.Rows.Input == shape.Rows.Output && shape.Columns.Input == shape.Columns.Output;

    private static int[] Offsets(ConvolutionShape shape, TapLines lines)
    {
        var offsets = new int[shape.InputChannelsPerGroup * shape.Taps];
        int at = 0;
        for (int channel = 0; channel < shape.InputChannelsPerGroup; channel++)
        {
            for (int row = 0; row < shape.Rows.Kernel; row++)
            {
                var (phase, shift) = shape.Rows.Tap(row);
                for (int column = 0; column < shape.Columns.Kernel; column++)
                    offsets[at++] = channel * lines.ChannelSize + lines.Offset(phase, shift, column);
            }
        }
        return offsets;
    }

    private int Images(int stack) => Math.Min(_stack, _shape.Images - stack * _stack);

    private int Positions(int stack) => _positions - (_stack - Images(stack)) * _imageSize;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteLines(in SparseConvCall call, int stack, int channel, float* lines)
    {
        long imageSize = (long)_shape.InputChannels * _shape.InputPlane;
        var planes = new TapLines.Planes(
            call.X + (long)stack * _stack * imageSize + (long)channel * _shape.InputPlane, imageSize, Images(stack),
            call.X, call.X + _shape.Images * imageSize);
        _lines!.Write(planes, lines + (long)channel * _lines.ChannelSize);
    }

    /// <summary>Computes some output channels at one tile of positions.</summary>
    /// <param name="call">The call.</param>
    /// <param name="input">What the stack's taps read.</param>
    /// <param name="stack">The stack.</param>
    /// <param name="group">The group.</param>
    /// <param name="first">Where the tile starts.</param>
    /// <param name="count">How many of its positions are wanted.</param>
    /// <param name="chunkPart">Which of the parts of the group's chunks.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunTile(in SparseConvCall call, float* input, int stack, int group, int first, int count, int chunkPart)
    {
        if (count <= 0)
            return;
        int width = Math.Min(_width, SparseTile.Width(_set, count, isConvolution: true));
        double uses = (double)_pack.NonZeros(call.Level) / _pack.Groups / _pack.Columns;
        bool copies = _lines is null && (uses >= UsesOfCopy || count < width);
        float* x = input + first
            + (long)group * _shape.InputChannelsPerGroup * (_lines is null ? _shape.InputPlane : _lines.ChannelSize);
        int chunks = _pack.ChunksPerGroup;
        fixed (int* offsets = _offsets)
        {
            var product = new TileProduct
            {
                Pack = _pack,
                Level = call.Level,
                Group = group,
                FirstChunk = (int)((long)chunks * chunkPart / _chunkParts),
                EndChunk = (int)((long)chunks * (chunkPart + 1) / _chunkParts),
                Width = width,
                Offsets = copies ? null : offsets,
                Places = _places,
                Set = _set,
            };
            product.Run(new Access(this, call, x, offsets, copies, stack, group, first, count, width));
        }
    }

    /// <summary>A tile of a stack's positions.</summary>
    private readonly struct Access : ITileAccess
    {
        private readonly SparseConvPlan _plan;
        private readonly SparseConvCall _call;
        private readonly float* _x;
        private readonly int* _offsets;
        private readonly bool _copies;
        private readonly int _stack;
        private readonly int _group;
        private readonly int _first;
        private readonly int _count;
        private readonly int _width;

        public Access(
            SparseConvPlan plan, in SparseConvCall call, float* x, int* offsets, bool copies, int stack, int group,
            int first, int count, int width)
        {
            (_plan, _call, _copies) = (plan, call, copies);
            _x = x;
            _offsets = offsets;
            (_stack, _group, _first, _count, _width) = (stack, group, first, count, width);
            // All positions are outputs of one image that follow each other.
            Finishes = count == width && plan._pitch == call.RowOfY
                && (plan._pitch > plan._shape.Columns.Output || first % plan._imageSize + count <= plan._shape.OutputPlane)
                && SparseTile.Finishes(plan._pack, call.Epilogue);
        }

        public bool Finishes { get; }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public float* Columns(int first, int count, float* copy)
        {
            if (!_copies)
                return _x;
            float* to = copy;
            for (int* offset = _offsets + first; offset < _offsets + first + count; offset++, to += _width)
            {
                Rows.Copy(_x + *offset, to, _count);
                Rows.Clear(to + _count, _width - _count);
            }
            return copy;
        }

        public TileResults Results(int chunk)
        {
            int firstRow = FirstRow(chunk);
            long image = (long)_stack * _plan._stack + _first / _plan._imageSize;
            long start = image * _call.ImageOfY + firstRow * _call.PlaneOfY + _first % _plan._imageSize;
            return new TileResults(
                _call.Epilogue, firstRow, _call.Addend is null ? null : _call.Addend + start, _call.Y + start,
                _call.PlaneOfY);
        }

        public void Write(int chunk, float* sums)
        {
            if (!Finishes)
            {
                _plan.Write(
                    _call, sums, _width, _stack, FirstRow(chunk), _plan._pack.RowsOf(chunk), _first, _count);
            }
        }

        private int FirstRow(int chunk) => _group * _plan._pack.RowsPerGroup + chunk * SparsePack.ChunkRows;
    }

    /// <summary>Writes the positions that are outputs; between rows and images lie some that are not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write(
        in SparseConvCall call, float* sums, int width, int stack, int firstRow, int rows, int first, int count)
    {
        int columns = _shape.Columns.Output;
        // Rows of an image without gaps between them are one run.
        bool isOneRun = _pitch == columns && call.RowOfY == columns;
        int end = Math.Min(first + count, Positions(stack));
        for (int position = first; position < end;)
        {
            int image = position / _imageSize, inImage = position % _imageSize;
            int row = inImage / _pitch, column = inImage % _pitch;
            int left = isOneRun ? _shape.OutputPlane - inImage : columns - column;
            if (row >= _shape.Rows.Output || left <= 0)
            {
                position += isOneRun ? _imageSize - inImage : _pitch - column;
                continue;
            }
            int run = Math.Min(left, end - position);
            long to = ((long)stack * _stack + image) * call.ImageOfY + firstRow * call.PlaneOfY + (long)row * call.RowOfY
                + column;
            call.Epilogue.FinishRows(
                sums + position - first, width, firstRow, rows, call.Addend is null ? null : call.Addend + to,
                call.Y + to, call.PlaneOfY, run);
            position += run;
        }
    }
}
