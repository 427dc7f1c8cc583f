using Elsa.MLNet.Kernels;
using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Tests.Kernels.Sparse;

/// <summary>One product with random inputs; the bits of its form choose layouts, scale, shift and addend.</summary>
sealed unsafe class Product
{
    readonly SparseWeights _weights;
    readonly int _level, _batches, _positions;
    readonly bool _positionsInner, _outputPositionsInner;
    readonly float[] _x;
    readonly float[]? _scale, _shift, _addend;

    public Product(SparseWeights weights, int level, int batches, int positions, int form)
    {
        (_weights, _level, _batches, _positions) = (weights, level, batches, positions);
        (_positionsInner, _outputPositionsInner) = ((form & 1) != 0, (form & 2) != 0);
        var random = new Random(form);
        _x = SparseWeights.Draw(batches * positions * weights.Columns, random);
        _scale = (form & 4) != 0 ? SparseWeights.Draw(weights.Rows, random) : null;
        _shift = (form & 8) != 0 ? SparseWeights.Draw(weights.Rows, random) : null;
        _addend = (form & 16) != 0 ? SparseWeights.Draw(batches * positions * weights.Rows, random) : null;
    }

    public double[] Expected()
    {
        var y = new double[_batches * _positions * _weights.Rows];
        for (var batch = 0; batch < _batches; batch++)
            for (var position = 0; position < _positions; position++)
                for (var row = 0; row < _weights.Rows; row++)
                {
                    double sum = 0;
                    for (var column = 0; column < _weights.Columns; column++)
                        sum += (double)_weights.At(_level, row, column) * _x[Input(batch, column, position)];
                    var at = Output(batch, row, position);
                    y[at] = Math.Max(0, sum * (_scale?[row] ?? 1) + (_shift?[row] ?? 0) + (_addend?[at] ?? 0));
                }
        return y;
    }

    public float[] Run(InstructionSet set, int threads)
    {
        var y = new float[_batches * _positions * _weights.Rows];
        fixed (float* x = _x, output = y, scale = _scale, shift = _shift, addend = _addend)
        {
            RunAll(new SparseMatMulCall
            {
                Pack = _weights.Pack,
                Level = _level,
                Batches = _batches,
                Positions = _positions,
                X = x,
                XPositionsInner = _positionsInner,
                Y = output,
                YPositionsInner = _outputPositionsInner,
                Addend = addend,
                Set = set,
                Threads = threads,
                Epilogue = new Epilogue { Scale = scale, Shift = shift, Activation = Activation.Relu },
            });
        }
        return y;
    }

    public static void RunAll(in SparseMatMulCall call)
    {
        for (var part = SparseMatMulKernel.Parts(call) - 1; part >= 0; part--) SparseMatMulKernel.Run(call, part);
    }

    int Input(int batch, int column, int position) => _positionsInner
        ? (batch * _weights.Columns + column) * _positions + position
        : (batch * _positions + position) * _weights.Columns + column;

    int Output(int batch, int row, int position) => _outputPositionsInner
        ? (batch * _weights.Rows + row) * _positions + position
        : (batch * _positions + position) * _weights.Rows + row;
}
