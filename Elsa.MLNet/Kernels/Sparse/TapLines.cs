using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// A layout of image planes in which every tap of a convolution is a shift by whole rows. For each column of the kernel the
/// rows of a channel are written as that column's taps see them, one value per output column and zeros outside the image;
/// the rows of a stack of images follow each other, zeros between the images, in one line per row modulo the stride. Rows
/// are as long as vectors where that costs little, so that what a tap reads starts where a vector does.
/// </summary>
internal sealed unsafe class TapLines
{
    /// <summary>Positions that a stack of images should have, to fill tiles.</summary>
    private const int StackPositions = 512;

    private readonly PackedPlanes.Axis _rows;
    private readonly ConvolutionAxis _columns;
    private readonly (int Start, int End)[] _data;
    private readonly float[] _masks;
    private readonly int _lineSize;

    public TapLines(ConvolutionShape shape)
    {
        (_rows, _columns) = (shape.Rows.Packed(), shape.Columns);
        _data = [.. Enumerable.Range(0, _columns.Kernel).Select(DataOf)];
        Pitch = PitchOf(_columns.Output);
        _masks = Masks();
        ImageSize = _rows.Pitch * Pitch;
        Images = Math.Clamp(StackPositions / ImageSize, 1, Math.Max(1, shape.Images));
        _lineSize = CacheLines.Odd((Images * _rows.Pitch + _rows.Reach) * Pitch);
        ChannelSize = _rows.UsedPhases * _columns.Kernel * _lineSize;
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
        for (int phase = 0; phase < _rows.Stride; phase++)
        {
            if (_rows.Slot(phase) < 0)
                continue;
            for (int column = 0; column < _columns.Kernel; column++)
                WriteLine(planes, phase, column, destination + Offset(phase, 0, column));
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

    /// <summary>Output columns at which a column of the kernel is within the image.</summary>
    private (int Start, int End) DataOf(int column)
    {
        int before = _columns.Pad - column * _columns.Dilation;
        int start = Math.Clamp((before + _columns.Stride - 1) / _columns.Stride, 0, _columns.Output);
        int end = (before + _columns.Input + _columns.Stride - 1) / _columns.Stride;
        return (start, Math.Clamp(end, start, _columns.Output));
    }

    /// <summary>For each column of the kernel all bits where its taps are within the image.</summary>
    private float[] Masks()
    {
        float[] masks = GC.AllocateArray<float>(_columns.Kernel * Pitch, pinned: true);
        for (int column = 0; column < _columns.Kernel; column++)
        {
            var (start, end) = _data[column];
            masks.AsSpan(column * Pitch)[start..end].Fill(BitConverter.Int32BitsToSingle(-1));
        }
        return masks;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteLine(in Planes planes, int phase, int column, float* line)
    {
        var (rowStart, rowEnd) = _rows.DataOf(phase);
        int rows = rowEnd - rowStart;
        float* source = planes.First + (long)(rowStart * _rows.Stride + phase - _rows.Pad) * _columns.Input
            + column * _columns.Dilation - _columns.Pad;
        float* written = line;
        for (int image = 0; image < planes.Count; image++, source += planes.Distance)
        {
            float* to = line + image * ImageSize + rowStart * Pitch;
            Rows.Clear(written, (int)(to - written));
            written = to + rows * Pitch;
            if (rows > 0)
                WriteRows(planes, source, rows, column, to);
        }
        Rows.Clear(written, (int)(line + _lineSize - written));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteRows(in Planes planes, float* from, int rows, int column, float* to)
    {
        int sourceRow = _rows.Stride * _columns.Input;
        float* end = from + (long)(rows - 1) * sourceRow + Math.Max(Pitch, Vector512<float>.Count) * _columns.Stride;
        switch (planes.Contain(from, end) ? _columns.Stride : 0)
        {
            case 1 when Pitch >= Vector512<float>.Count:
                WriteRows<Every>(from, rows, column, to);
                break;
            case 2 when Pitch >= Vector512<float>.Count && Avx512F.IsSupported:
                WriteRows<EverySecond>(from, rows, column, to);
                break;
            case 1 when Pitch == Vector256<float>.Count:
                WriteShortRows<Every>(from, rows, column, to);
                break;
            case 2 when Pitch == Vector256<float>.Count && Avx512F.IsSupported:
                WriteShortRows<EverySecond>(from, rows, column, to);
                break;
            default:
                for (int row = 0; row < rows; row++, from += sourceRow, to += Pitch)
                    WriteRow(from, column, to);
                break;
        }
    }

    /// <summary>Rows of the input as a column of the kernel sees them.</summary>
    /// <param name="from">What the first output column sees in the first row; may be outside the row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="column">Column of the kernel.</param>
    /// <param name="to">The rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteRows<TStride>(float* from, int rows, int column, float* to)
        where TStride : IStride
    {
        float* masks = Mask(column), end = to + rows * Pitch;
        nint sourceRow = (nint)_rows.Stride * _columns.Input, row = Pitch;
        // The last vector may overlap the one before.
        for (int i = 0, last = Pitch - Vector512<float>.Count; ; i = Math.Min(i + Vector512<float>.Count, last))
        {
            var mask = Vector512.Load(masks + i);
            float* source = from + i * TStride.Length;
            for (float* at = to + i; at < end; at += row, source += sourceRow)
                Vector512.Store(TStride.Load(source) & mask, at);
            if (i == last)
                return;
        }
    }

    /// <summary>The same for rows of eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteShortRows<TStride>(float* from, int rows, int column, float* to)
        where TStride : IStride
    {
        var mask = Vector256.Load(Mask(column));
        nint sourceRow = (nint)_rows.Stride * _columns.Input;
        for (float* end = to + rows * Vector256<float>.Count; to < end; to += Vector256<float>.Count, from += sourceRow)
            Vector256.Store(TStride.LoadHalf(from) & mask, to);
    }

    /// <summary>A row that is read exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteRow(float* from, int column, float* to)
    {
        var (start, end) = _data[column];
        Rows.Clear(to, start);
        Rows.Gather(from + start * _columns.Stride, _columns.Stride, to + start, end - start);
        Rows.Clear(to + end, Pitch - end);
    }

    private float* Mask(int column) => (float*)Unsafe.AsPointer(ref _masks[column * Pitch]);

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

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Contain(float* from, float* to) => from >= _start && to <= _end;
    }

    /// <summary>The input's positions between neighbouring outputs.</summary>
    private interface IStride
    {
        static abstract int Length { get; }

        static abstract Vector512<float> Load(float* from);

        static abstract Vector256<float> LoadHalf(float* from);
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
