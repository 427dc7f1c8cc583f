namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>Convolutions with packed weights, in parts that may run on any threads.</summary>
internal static unsafe class SparseConvKernel
{
    public static int Parts(in SparseConvCall call) => call.Shape.Images * call.Shape.OutputChannels;

    public static void Run(in SparseConvCall call, int part)
    {
        var (shape, pack) = (call.Shape, call.Pack);
        var (rows, columns) = (shape.Rows, shape.Columns);
        int image = part / pack.Rows, row = part % pack.Rows, count = pack.Count(row, call.Level);
        int firstChannel = row / (pack.Rows / pack.Groups) * shape.InputChannelsPerGroup;
        float* values = pack.RowValues(row);
        int* positions = pack.RowPositions(row);
        float* x = call.X + ((long)image * shape.InputChannels + firstChannel) * shape.InputPlane;
        long output = (long)part * shape.OutputPlane;
        for (int p = 0; p < shape.OutputPlane; p++)
        {
            int top = p / columns.Output * rows.Stride - rows.Pad, left = p % columns.Output * columns.Stride - columns.Pad;
            float sum = 0;
            for (int i = 0; i < count; i++)
            {
                int channel = Math.DivRem(positions[i], shape.Taps, out int tap);
                int h = top + tap / columns.Kernel * rows.Dilation, w = left + tap % columns.Kernel * columns.Dilation;
                if ((uint)h < (uint)rows.Input && (uint)w < (uint)columns.Input)
                    sum += values[i] * x[(long)channel * shape.InputPlane + h * columns.Input + w];
            }
            call.Y[output + p] = call.Epilogue.Apply(row, sum, call.Addend is null ? 0 : call.Addend[output + p]);
        }
    }
}
