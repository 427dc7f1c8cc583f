namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>Products with a packed matrix, in parts that may run on any threads.</summary>
internal static unsafe class SparseMatMulKernel
{
    public static int Parts(in SparseMatMulCall call) => call.Batches * call.Pack.Rows;

    public static void Run(in SparseMatMulCall call, int part)
    {
        var pack = call.Pack;
        int batch = part / pack.Rows, row = part % pack.Rows, count = pack.Count(row, call.Level);
        float* values = pack.RowValues(row);
        int* positions = pack.RowPositions(row);
        float* x = call.X + (long)batch * call.Positions * pack.Columns;
        long output = (long)batch * call.Positions * pack.Rows;
        for (int p = 0; p < call.Positions; p++)
        {
            float sum = 0;
            for (int i = 0; i < count; i++)
            {
                long at = call.XPositionsInner
                    ? (long)positions[i] * call.Positions + p
                    : (long)p * pack.Columns + positions[i];
                sum += values[i] * x[at];
            }
            long y = output + (call.YPositionsInner ? (long)row * call.Positions + p : (long)p * pack.Rows + row);
            call.Y[y] = call.Epilogue.Apply(row, sum, call.Addend is null ? 0 : call.Addend[y]);
        }
    }
}
