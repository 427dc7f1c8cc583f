using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// A layout of image planes in which every tap of a convolution is a shift. A stack of images is written as one long
/// line per channel and phase (row and column modulo the stride), zeros between the rows and between the images: so
/// many only that a tap that leaves its row or image finds a zero. Output position p of the line then needs, for each
/// tap, the value at p plus the tap's offset, whatever the kernel, stride, padding and dilation.
/// </summary>
internal sealed class PackedPlanes
{
    /// <summary>Values after each line that kernels may read but do not use: three widest vectors.</summary>
    private const int Tail = 48;

    private const int LongGap = 8;

    private readonly Axis _rows;
    private readonly Axis _columns;

    /// <param name="rows">The vertical axis.</param>
    /// <param name="columns">The horizontal axis.</param>
    /// <param name="images">Images of a stack.</param>
    public PackedPlanes(Axis rows, Axis columns, int images)
    {
        _rows = rows;
        _columns = columns;
        Pitch = columns.Pitch;
        ImageSize = rows.Pitch * Pitch;
        PhaseSize = CacheLines.Odd(images * ImageSize + (rows.Reach + 1) * Pitch + columns.Reach + Tail);
        ChannelSize = rows.UsedPhases * columns.UsedPhases * PhaseSize;
    }

    /// <summary>From a row's first position to the next row's.</summary>
    public int Pitch { get; }

    /// <summary>From an image's first position to the next image's.</summary>
    public int ImageSize { get; }

    /// <summary>Length of one line.</summary>
    public int PhaseSize { get; }

    /// <summary>Length of the lines of one channel.</summary>
    public int ChannelSize { get; }

    /// <summary>Where a tap finds the value of output position 0, from the start of a channel.</summary>
    /// <param name="rowPhase">Phase of the tap's row.</param>
    /// <param name="row">Shift of the tap in rows of the phase.</param>
    /// <param name="columnPhase">Phase of the tap's column.</param>
    /// <param name="column">Shift of the tap in columns of the phase.</param>
    public int Offset(int rowPhase, int row, int columnPhase, int column) =>
        (_rows.Slot(rowPhase) * _columns.UsedPhases + _columns.Slot(columnPhase)) * PhaseSize + row * Pitch + column;

    /// <summary>Writes the lines of one channel.</summary>
    /// <param name="source">The channel's plane in the stack's first image.</param>
    /// <param name="imageStride">From an image to the next in the source.</param>
    /// <param name="images">Images to write.</param>
    /// <param name="destination">The channel's lines.</param>
    public unsafe void Pack(float* source, long imageStride, int images, float* destination)
    {
        for (int a = 0; a < _rows.Stride; a++)
        {
            if (_rows.Slot(a) < 0)
                continue;
            for (int b = 0; b < _columns.Stride; b++)
            {
                if (_columns.Slot(b) >= 0)
                    PackPhase(source, imageStride, images, a, b, destination + Offset(a, 0, b, 0));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void PackPhase(float* source, long imageStride, int images, int a, int b, float* line)
    {
        var (rowStart, rowEnd) = _rows.DataOf(a);
        var (columnStart, columnEnd) = _columns.DataOf(b);
        float* position = line;
        for (int image = 0; image < images; image++, source += imageStride)
        {
            position = Zero(position, line + image * ImageSize + rowStart * Pitch);
            for (int row = rowStart; row < rowEnd; row++)
            {
                float* from = source + (row * _rows.Stride + a - _rows.Pad) * (long)_columns.Length;
                float* rowLine = line + image * ImageSize + row * Pitch;
                position = Zero(position, rowLine + columnStart);
                from += columnStart * _columns.Stride + b - _columns.Pad;
                Rows.Gather(from, _columns.Stride, position, columnEnd - columnStart);
                position += columnEnd - columnStart;
            }
        }
        Zero(position, line + PhaseSize);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe float* Zero(float* from, float* to)
    {
        if (to - from > LongGap)
        {
            new Span<float>(from, (int)(to - from)).Clear();
            return to;
        }
        while (from < to)
            *from++ = 0;
        return from;
    }

    /// <summary>One axis of the layout.</summary>
    internal sealed class Axis
    {
        private readonly int[] _slots;
        private readonly (int Start, int End)[] _data;

        /// <param name="length">Values of the source.</param>
        /// <param name="pad">Zeros before them.</param>
        /// <param name="stride">Distance of the source values of neighbouring output positions.</param>
        /// <param name="outputs">Output positions.</param>
        /// <param name="taps">For each tap its phase and its shift within the phase, from 0.</param>
        public Axis(int length, int pad, int stride, int outputs, IEnumerable<(int Phase, int Shift)> taps)
        {
            (Length, Pad, Stride) = (length, pad, stride);
            _slots = new int[stride];
            _data = new (int, int)[stride];
            Array.Fill(_slots, -1);
            Pitch = outputs;
            foreach (var group in taps.GroupBy(tap => tap.Phase).OrderBy(group => group.Key))
            {
                int reach = group.Max(tap => tap.Shift);
                int needed = outputs + reach;
                int start = Math.Clamp((pad - group.Key + stride - 1) / stride, 0, needed);
                int end = Math.Clamp((pad + length - group.Key + stride - 1) / stride, start, needed);
                _slots[group.Key] = UsedPhases++;
                _data[group.Key] = (start, end);
                Reach = Math.Max(Reach, reach);
                Pitch = Math.Max(Pitch, Math.Max(end, needed - start));
            }
        }

        public int Length { get; }

        public int Pad { get; }

        public int Stride { get; }

        /// <summary>Phases that a tap reads.</summary>
        public int UsedPhases { get; }

        /// <summary>The largest shift of a tap.</summary>
        public int Reach { get; }

        /// <summary>Positions from one row (or image) to the next.</summary>
        public int Pitch { get; }

        /// <summary>Number of the phase among the used ones; negative when no tap reads it.</summary>
        public int Slot(int phase) => _slots[phase];

        /// <summary>Positions of the phase that hold source values.</summary>
        public (int Start, int End) DataOf(int phase) => _data[phase];
    }
}
