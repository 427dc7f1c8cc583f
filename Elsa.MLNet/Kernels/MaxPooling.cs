using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// The largest value in every window of a plane; outside the plane lies the least finite number, a NaN inside wins. For
/// some rows of outputs at a time the rows of their windows become lines of maxima, and then the columns: lines that were
/// written long ago are read faster than those just written. Serves any number of calls at once.
/// </summary>
internal sealed unsafe class MaxPooling
{
    /// <summary>What counts as the value outside a plane, as in ONNX Runtime: a window may lie there as a whole.</summary>
    private const float Outside = float.MinValue;

    /// <summary>Values of the lines that are written before they are read.</summary>
    private const int ValuesOfLines = 4096;

    private readonly ConvolutionAxis _rows;
    private readonly ConvolutionAxis _columns;
    private readonly InstructionSet _set;
    private readonly int _row;
    private readonly int _pitch;
    private readonly int _lines;

    /// <param name="rows">Sizes along the rows.</param>
    /// <param name="columns">Sizes along the columns.</param>
    /// <param name="set">Instructions.</param>
    /// <param name="row">From a row of the input to the next one; null if no gaps are between them.</param>
    public MaxPooling(ConvolutionAxis rows, ConvolutionAxis columns, InstructionSet set, int? row = null)
    {
        (_rows, _columns, _set, _row) = (rows, columns, set, row ?? columns.Input);
        // The last vector of outputs may reach far behind the row.
        int read = (columns.Output + Vector512<float>.Count) * columns.Stride + columns.Kernel * columns.Dilation;
        _pitch = CacheLines.Odd(Math.Max(columns.Pad + columns.Input, read));
        _lines = Math.Clamp(ValuesOfLines / _pitch, 1, rows.Output);
    }

    /// <summary>Sizes along the rows.</summary>
    public ConvolutionAxis Rows => _rows;

    /// <summary>Values of a plane of the input, if no gaps are between its rows.</summary>
    public int InputPlane => _rows.Input * _columns.Input;

    /// <summary>Values of a plane of the output.</summary>
    public int OutputPlane => _rows.Output * _columns.Output;

    /// <summary>Pools planes.</summary>
    /// <param name="x">The first plane of the input.</param>
    /// <param name="plane">From one to the next.</param>
    /// <param name="y">The first plane of the output; they follow each other.</param>
    /// <param name="planes">How many there are.</param>
    /// <param name="firstRow">The first row of outputs that is computed; nothing else is written.</param>
    /// <param name="afterRow">The one behind the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(float* x, long plane, float* y, int planes, int firstRow, int afterRow)
    {
        using var scratch = new Scratch((long)_lines * _pitch);
        new Span<float>(scratch.Data, _lines * _pitch).Fill(Outside);
        for (; planes > 0; planes--, x += plane, y += OutputPlane)
        {
            // A vector must fit into a row.
            if (_set >= InstructionSet.Avx512 && _columns.Input >= Lanes512.Count)
                Run<Lanes512, Vector512<float>>(x, y, scratch.Data, firstRow, afterRow);
            else if (_set >= InstructionSet.Avx2 && _columns.Input >= Lanes256.Count)
                Run<Lanes256, Vector256<float>>(x, y, scratch.Data, firstRow, afterRow);
            else if (_columns.Input >= Lanes128.Count)
                Run<Lanes128, Vector128<float>>(x, y, scratch.Data, firstRow, afterRow);
            else
                RunSmall(x, y, firstRow, afterRow);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run<TLanes, TVector>(float* x, float* y, float* lines, int firstRow, int afterRow)
        where TLanes : ILanes<TVector> where TVector : unmanaged
    {
        float* end = y + afterRow * _columns.Output;
        y += firstRow * _columns.Output;
        for (int first = firstRow; first < afterRow; first += _lines)
        {
            int after = Math.Min(first + _lines, afterRow);
            float* line = lines + _columns.Pad;
            for (int row = first; row < after; row++, line += _pitch)
                MaximaOfRows<TLanes, TVector>(x, row, line);
            line = lines;
            for (int row = first; row < after; row++, line += _pitch, y += _columns.Output)
            {
                if (_columns.Stride == 1)
                    MaximaOfColumns<TLanes, TVector, Every>(line, y, end);
                else if (_columns.Stride == 2)
                    MaximaOfColumns<TLanes, TVector, EverySecond>(line, y, end);
                else
                    MaximaOfColumns(line, y);
            }
        }
    }

    /// <summary>The maxima over the rows of the windows of a row of outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MaximaOfRows<TLanes, TVector>(float* x, int row, float* line)
        where TLanes : ILanes<TVector> where TVector : unmanaged
    {
        int start = row * _rows.Stride - _rows.Pad, distance = _rows.Dilation, width = _columns.Input;
        // The taps inside the plane.
        int first = start >= 0 ? 0 : (-start + distance - 1) / distance;
        int taps = Math.Min(_rows.Kernel, (_rows.Input - start + distance - 1) / distance) - first;
        if (taps <= 0)
        {
            new Span<float>(line, width).Fill(Outside);
            return;
        }
        float* from = x + (long)(start + first * distance) * _row;
        nint toNext = (nint)distance * _row;
        // The last vector overlaps the one before.
        for (int i = 0, last = width - TLanes.Count; ; i = Math.Min(i + TLanes.Count, last))
        {
            float* at = from + i;
            var most = TLanes.Load(at);
            for (int tap = taps; tap > 1; tap--)
            {
                at += toNext;
                most = TLanes.Max(most, TLanes.Load(at));
            }
            TLanes.Store(most, line + i);
            if (i == last)
                return;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MaximaOfColumns<TLanes, TVector, TStride>(float* line, float* y, float* end)
        where TLanes : ILanes<TVector> where TVector : unmanaged where TStride : IStride
    {
        int taps = _columns.Kernel, distance = _columns.Dilation, outputs = _columns.Output;
        for (int i = 0; i < outputs; i += TLanes.Count, line += TLanes.Count * TStride.Length)
        {
            float* at = line;
            var most = TStride.Load<TLanes, TVector>(at);
            for (int tap = taps; tap > 1; tap--)
            {
                at += distance;
                most = TLanes.Max(most, TStride.Load<TLanes, TVector>(at));
            }
            // What lies behind a row is written again by the next one.
            if (y + i + TLanes.Count <= end)
                TLanes.Store(most, y + i);
            else
                new ReadOnlySpan<float>(&most, outputs - i).CopyTo(new Span<float>(y + i, outputs - i));
        }
    }

    /// <summary>The maxima along a line, for any stride.</summary>
    private void MaximaOfColumns(float* line, float* y)
    {
        for (int i = 0; i < _columns.Output; i++, line += _columns.Stride)
        {
            float most = *line;
            for (int tap = 1; tap < _columns.Kernel; tap++)
                most = Math.Max(most, line[tap * _columns.Dilation]);
            y[i] = most;
        }
    }

    private void RunSmall(float* x, float* y, int firstRow, int afterRow)
    {
        y += firstRow * _columns.Output;
        for (int row = firstRow; row < afterRow; row++)
        {
            for (int column = 0; column < _columns.Output; column++)
                *y++ = Most(x, row * _rows.Stride - _rows.Pad, column * _columns.Stride - _columns.Pad);
        }
    }

    private float Most(float* x, int top, int left)
    {
        float most = Outside;
        for (int i = 0, row = top; i < _rows.Kernel; i++, row += _rows.Dilation)
        {
            for (int j = 0, column = left; j < _columns.Kernel; j++, column += _columns.Dilation)
            {
                if (row >= 0 && row < _rows.Input && column >= 0 && column < _columns.Input)
                    most = Math.Max(most, x[row * _row + column]);
            }
        }
        return most;
    }

    /// <summary>The line's positions between neighbouring outputs.</summary>
    private interface IStride
    {
        static abstract int Length { get; }

        static abstract TVector Load<TLanes, TVector>(float* from)
            where TLanes : ILanes<TVector> where TVector : unmanaged;
    }

    private readonly struct Every : IStride
    {
        public static int Length => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load<TLanes, TVector>(float* from)
            where TLanes : ILanes<TVector> where TVector : unmanaged => TLanes.Load(from);
    }

    private readonly struct EverySecond : IStride
    {
        public static int Length => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load<TLanes, TVector>(float* from)
            where TLanes : ILanes<TVector> where TVector : unmanaged => TLanes.LoadEverySecond(from);
    }
}
