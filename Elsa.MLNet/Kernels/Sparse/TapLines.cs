using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// A layout of image planes in which every tap of a convolution is a shift by whole rows. For each column of the kernel
/// the rows of a channel are written as that column's taps see them, one value per output column and zeros outside the
/// image; the rows of a stack of images follow each other, zeros between the images, in one line per row modulo the
/// stride. Rows are as long as vectors where that costs little, so that what a tap reads starts where a vector does.
/// </summary>
internal sealed unsafe class TapLines
{
    /// <summary>Positions that a stack of images should have, to fill tiles.</summary>
    private const int StackPositions = 512;

    private readonly PackedPlanes.Axis _rows;
    private readonly ConvolutionAxis _columns;
    private readonly int _lineSize;
    private readonly int _plane;
    private readonly int _sourceRow;
    private readonly int _zerosBehind;
    private readonly int _overread;
    private readonly Line[] _lines;
    private readonly float[] _masks;

    /// <exception cref="NotSupportedException">Places in the lines of a group would be no 32-bit numbers.</exception>
    public TapLines(ConvolutionShape shape)
    {
        (_rows, _columns, _plane) = (shape.Rows.Packed(), shape.Columns, shape.InputPlane);
        Pitch = PitchOf(_columns.Output);
        ImageSize = _rows.Pitch * Pitch;
        Images = Math.Clamp(StackPositions / ImageSize, 1, Math.Max(1, shape.Images));
        _zerosBehind = Math.Max(0, shape.Rows.Output + _rows.Reach - _rows.Pitch) * Pitch;
        ThrowIfTooLong(shape);
        _lineSize = CacheLines.Odd(Images * ImageSize + _zerosBehind);
        ChannelSize = _rows.UsedPhases * _columns.Kernel * _lineSize;
        _sourceRow = _rows.Stride * _columns.Input;
        // Vectors reach over both ends of a row.
        _overread = _columns.Pad + _columns.Kernel * _columns.Dilation
            + (Pitch + Vector512<float>.Count) * _columns.Stride;
        _lines = [.. from phase in Enumerable.Range(0, _rows.Stride) where _rows.Slot(phase) >= 0
                     from column in Enumerable.Range(0, _columns.Kernel) select LineOf(phase, column)];
        _masks = GC.AllocateArray<float>(_lines.Length * Pitch, pinned: true);
        for (int line = 0; line < _lines.Length; line++)
        {
            _masks.AsSpan(line * Pitch)[_lines[line].Start.._lines[line].End]
                .Fill(BitConverter.Int32BitsToSingle(-1));
        }
    }

    /// <summary>Images of a stack.</summary>
    public int Images { get; }

    /// <summary>From an output row's first position to the next row's.</summary>
    public int Pitch { get; }

    /// <summary>From an image's first position to the next image's.</summary>
    public int ImageSize { get; }

    /// <summary>Length of the lines of one channel.</summary>
    public int ChannelSize { get; }

    /// <summary>Where a tap finds the value of output position 0, from the start of a channel.</summary>
    /// <param name="phase">Phase of the tap's row.</param>
    /// <param name="shift">Shift of the tap in rows of the phase.</param>
    /// <param name="column">Column of the tap.</param>
    public int Offset(int phase, int shift, int column) =>
        (_rows.Slot(phase) * _columns.Kernel + column) * _lineSize + shift * Pitch;

    /// <summary>Writes the lines of one channel.</summary>
    /// <param name="planes">The channel.</param>
    /// <param name="destination">Its lines.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(in Planes planes, float* destination)
    {
        bool isWide = Pitch >= Vector512<float>.Count, hasPermutation = Avx512F.IsSupported;
        switch (planes.HaveAround(_overread, _plane) ? _columns.Stride : 0)
        {
            case 1 when isWide:
                Write<WideRows<Every>>(planes, destination);
                break;
            case 2 when isWide && hasPermutation:
                Write<WideRows<EverySecond>>(planes, destination);
                break;
            case 1 when Pitch == Vector256<float>.Count:
                Write<RowsOfEight<Every>>(planes, destination);
                break;
            case 2 when Pitch == Vector256<float>.Count && hasPermutation:
                Write<RowsOfEight<EverySecond>>(planes, destination);
                break;
            default:
                Write<AnyRows>(planes, destination);
                break;
        }
    }

    private void ThrowIfTooLong(ConvolutionShape shape)
    {
        long lines = (long)shape.InputChannelsPerGroup * _rows.UsedPhases * _columns.Kernel;
        double floats = lines * ((double)Images * _rows.Pitch * Pitch + _zerosBehind + Vector512<float>.Count);
        if (floats > int.MaxValue)
        {
            throw new NotSupportedException(
                $"The convolution's input, copied for each column of its window, would be {floats:0} values; at most " +
                $"{int.MaxValue} are possible. Give smaller inputs, or choose SparseKernels = Off.");
        }
    }

    /// <summary>The length of rows: a multiple of many lanes unless that adds more than a quarter.</summary>
    private static int PitchOf(int columns)
    {
        for (int lanes = Vector512<float>.Count; lanes > 1; lanes /= 2)
        {
            int rounded = (columns + lanes - 1) / lanes * lanes;
            if (4 * (rounded - columns) <= columns)
                return rounded;
        }
        return columns;
    }

    private Line LineOf(int phase, int column)
    {
        var (rowStart, rowEnd) = _rows.DataOf(phase);
        int before = _columns.Pad - column * _columns.Dilation;
        int start = Math.Clamp((before + _columns.Stride - 1) / _columns.Stride, 0, _columns.Output);
        int end = (before + _columns.Input + _columns.Stride - 1) / _columns.Stride;
        return new Line
        {
            Destination = Offset(phase, 0, column),
            Source = (rowStart * _rows.Stride + phase - _rows.Pad) * _columns.Input - before,
            ZeroRows = rowStart,
            Rows = rowEnd - rowStart,
            Start = start,
            End = Math.Clamp(end, start, _columns.Output),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write<TRows>(in Planes planes, float* destination)
        where TRows : IRows
    {
        float* mask = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_masks));
        foreach (ref readonly var line in _lines.AsSpan())
        {
            float* to = destination + line.Destination, from = planes.First + line.Source;
            int before = line.ZeroRows * Pitch, data = line.Rows * Pitch, after = ImageSize - before - data;
            for (int image = 0; image < planes.Count; image++, from += planes.Distance)
            {
                Rows.Clear(to, before);
                to += before;
                TRows.Write(this, line, mask, from, to, to + data);
                to += data;
                Rows.Clear(to, after);
                to += after;
            }
            Rows.Clear(to, _zerosBehind);
            mask += Pitch;
        }
    }

    /// <summary>A channel's planes in the images of a stack.</summary>
    /// <param name="first">Plane of the first image.</param>
    /// <param name="distance">From an image's plane to the next one's.</param>
    /// <param name="count">Images.</param>
    /// <param name="start">Start of the memory that may be read.</param>
    /// <param name="end">Its end.</param>
    internal readonly ref struct Planes(float* first, long distance, int count, float* start, float* end)
    {
        private readonly float* _start = start, _end = end;

        public readonly float* First = first;
        public readonly long Distance = distance;
        public readonly int Count = count;

        /// <summary>Whether so many floats may be read before the first and behind the last plane.</summary>
        public bool HaveAround(int floats, int plane) =>
            First - _start >= floats && _end - (First + (Count - 1) * Distance + plane) >= floats;
    }

    /// <summary>One line: a phase of the rows as a column of the kernel sees it.</summary>
    private struct Line
    {
        /// <summary>Where the line starts in its channel.</summary>
        public int Destination;

        /// <summary>What the first output column sees in the first row of the phase; may be outside the row.</summary>
        public int Source;

        /// <summary>Rows above the image.</summary>
        public int ZeroRows;

        /// <summary>Rows of the image.</summary>
        public int Rows;

        /// <summary>First output column that sees the image.</summary>
        public int Start;

        /// <summary>The one after the last.</summary>
        public int End;
    }

    /// <summary>Copies the rows of an image as a line has them.</summary>
    private interface IRows
    {
        static abstract void Write(TapLines lines, in Line line, float* mask, float* from, float* to, float* end);
    }

    /// <summary>The input's positions between neighbouring outputs.</summary>
    private interface IStride
    {
        static abstract int Length { get; }

        static abstract Vector512<float> Load(float* from);

        static abstract Vector256<float> LoadHalf(float* from);
    }

    /// <summary>Rows of at least sixteen.</summary>
    private readonly struct WideRows<TStride> : IRows
        where TStride : IStride
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Write(TapLines lines, in Line line, float* mask, float* from, float* to, float* end)
        {
            nint pitch = lines.Pitch, sourceRow = lines._sourceRow;
            // The last vector may overlap the one before.
            for (nint i = 0, last = pitch - Vector512<float>.Count; ; i = Math.Min(i + Vector512<float>.Count, last))
            {
                var kept = Vector512.Load(mask + i);
                float* source = from + i * TStride.Length;
                for (float* at = to + i; at < end; at += pitch, source += sourceRow)
                    Vector512.Store(TStride.Load(source) & kept, at);
                if (i == last)
                    return;
            }
        }
    }

    private readonly struct RowsOfEight<TStride> : IRows
        where TStride : IStride
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Write(TapLines lines, in Line line, float* mask, float* from, float* to, float* end)
        {
            nint sourceRow = lines._sourceRow;
            var kept = Vector256.Load(mask);
            for (; to < end; to += Vector256<float>.Count, from += sourceRow)
                Vector256.Store(TStride.LoadHalf(from) & kept, to);
        }
    }

    /// <summary>Rows of any length and stride, of which nothing else is read.</summary>
    private readonly struct AnyRows : IRows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Write(TapLines lines, in Line line, float* mask, float* from, float* to, float* end)
        {
            int stride = lines._columns.Stride;
            for (; to < end; to += lines.Pitch, from += lines._sourceRow)
            {
                Rows.Clear(to, line.Start);
                Rows.Gather(from + line.Start * stride, stride, to + line.Start, line.End - line.Start);
                Rows.Clear(to + line.End, lines.Pitch - line.End);
            }
        }
    }

    private readonly struct Every : IStride
    {
        public static int Length => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Load(float* from) => Vector512.Load(from);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> LoadHalf(float* from) => Vector256.Load(from);
    }

    private readonly struct EverySecond : IStride
    {
        public static int Length => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Load(float* from) => Avx512F.PermuteVar16x32x2(
            Vector512.Load(from), Vector512<int>.Indices * 2, Vector512.Load(from + Vector512<float>.Count));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> LoadHalf(float* from) =>
            Avx512F.PermuteVar16x32(Vector512.Load(from), Vector512<int>.Indices * 2).GetLower();
    }
}
