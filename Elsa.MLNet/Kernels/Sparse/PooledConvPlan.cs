using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// A sparse convolution and a pool of its results, in bands of rows that stay in a core's cache: what lies between is never
/// in memory as a whole. Serves any number of calls at once.
/// </summary>
internal sealed unsafe class PooledConvPlan
{
    /// <summary>Memory that a band of results may take.</summary>
    private const int BandBytes = 384 << 10;

    private readonly SparseConvPlan _plan;
    private readonly MaxPooling _pooling;
    private readonly int _channels;
    private readonly int _rowsOfBand;
    private readonly int _bands;
    private readonly int _images;

    /// <param name="plan">The convolution, in stacks of one image.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="rows">The pool's sizes along the rows.</param>
    /// <param name="columns">Along the columns.</param>
    /// <param name="set">Instructions.</param>
    public PooledConvPlan(
        SparseConvPlan plan, ConvolutionShape shape, ConvolutionAxis rows, ConvolutionAxis columns, InstructionSet set)
    {
        (_plan, _channels, _images) = (plan, shape.OutputChannels, shape.Images);
        _pooling = new MaxPooling(rows, columns, set, plan.Pitch);
        int fitting = BandBytes / sizeof(float) / (_channels * plan.Pitch), span = (rows.Kernel - 1) * rows.Dilation + 1;
        _rowsOfBand = Math.Clamp((fitting - span) / rows.Stride + 1, 1, rows.Output);
        _bands = (rows.Output + _rowsOfBand - 1) / _rowsOfBand;
    }

    /// <summary>Parts, after those of <see cref="SparseConvPlan.SharedParts"/>.</summary>
    public int Parts => _plan.HasOwnLines ? _images : _images * _bands;

    /// <summary>Computes a part of the pool's outputs; the call's y is theirs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(in SparseConvCall call, int part)
    {
        if (!_plan.HasOwnLines)
        {
            RunBand(call, _plan.Input(call, part / _bands), part / _bands, part % _bands);
            return;
        }
        using var lines = new Scratch(_plan.StackLength);
        _plan.MakeLines(call, part, lines.Data);
        for (int band = 0; band < _bands; band++)
            RunBand(call, lines.Data, part, band);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunBand(in SparseConvCall call, float* input, int image, int band)
    {
        var axis = _pooling.Rows;
        int first = band * _rowsOfBand, after = Math.Min(first + _rowsOfBand, axis.Output);
        int firstRow = Math.Max(0, first * axis.Stride - axis.Pad);
        int afterRow = Math.Min(
            axis.Input, (after - 1) * axis.Stride - axis.Pad + (axis.Kernel - 1) * axis.Dilation + 1);
        // Tiles may write behind the last row.
        int plane = CacheLines.Odd(Math.Max(0, afterRow - firstRow) * _plan.Pitch + _plan.Width);
        using var results = new Scratch((long)_channels * plane);
        float* row0 = results.Data - firstRow * _plan.Pitch;
        var inner = call;
        inner.Y = row0;
        (inner.ImageOfY, inner.PlaneOfY, inner.RowOfY) = (0, plane, _plan.Pitch);
        if (afterRow > firstRow)
            _plan.RunRows(inner, input, image, firstRow, afterRow);
        _pooling.Run(
            row0, plane, call.Y + (long)image * _channels * _pooling.OutputPlane, _channels, first, after);
    }
}
