using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>SparseMatMul(x, scale?, shift?, addend?) -> y</c>: a product with a packed matrix, y = act(scale * (x w) + shift +
/// addend). Attributes as in <see cref="SparseNode"/>, and <c>weight_left</c> (0): if 1, the product is w x; <c>trans_x</c>
/// (0): if 1, the last two dimensions of x are exchanged. x has up to 8 dimensions; scale and shift have a value per output
/// of the matrix. Zeros are skipped, so that 0 times an infinite or NaN x adds nothing.
/// </summary>
internal sealed class SparseMatMulOperator() : ElsaOperator(
    "SparseMatMul", [new("x"), new("scale", true), new("shift", true), new("addend", true)], [new("y")])
{
    public override OperatorKernel CreateKernel(OperatorAttributes attributes)
    {
        bool left = attributes.Flag("weight_left"), transposed = attributes.Flag("trans_x");
        return new Kernel(new SparseNode(attributes), left, transposed);
    }

    private sealed unsafe class Kernel(SparseNode node, bool left, bool transposed) : OperatorKernel, IDisposable
    {
        public override void Compute(OperatorContext context)
        {
            var x = context.Input(0);
            // A vector is a matrix with one position; the dimension of the inputs is then the only one.
            bool vector = x.Rank == 1;
            int inputs = vector ? 0 : left != transposed ? x.Rank - 2 : x.Rank - 1;
            if (x.Rank == 0 || x[inputs] != node.Pack.Columns || (transposed && x.Rank < 2))
            {
                throw new ArgumentException(
                    $"Input 'x' has shape {OperatorShapes.Text(x.Shape)}; it must have {node.Pack.Columns} values in its " +
                    $"{(left != transposed ? "last dimension but one" : "last dimension")}, as the weights have inputs.");
            }
            Span<long> shape = stackalloc long[x.Rank];
            x.Shape.CopyTo(shape);
            int batches = 1, positions = 1;
            bool separate = left || transposed;
            if (!vector)
            {
                int other = 2 * x.Rank - 3 - inputs;
                for (int dimension = 0; dimension < x.Rank; dimension++)
                {
                    if (dimension == inputs)
                        continue;
                    if (separate && dimension != other)
                        batches = checked(batches * x[dimension]);
                    else
                        positions = checked(positions * x[dimension]);
                }
                shape[^1] = left ? x[other] : node.Pack.Rows;
                shape[^2] = left ? node.Pack.Rows : x[other];
            }
            else
            {
                shape[0] = node.Pack.Rows;
            }
            var call = new SparseMatMulCall
            {
                Pack = node.Pack,
                Level = node.Level,
                Batches = batches,
                Positions = positions,
                X = x.Data,
                XPositionsInner = !vector && left != transposed,
                Y = context.Output(0, shape),
                YPositionsInner = left,
                Addend = node.Epilogue.Addend(context, shape),
                Epilogue = node.Epilogue.Of(context, node.Pack.Rows),
                Set = node.Set,
                Threads = node.Threads,
            };
            if (batches > 0 && positions > 0)
                context.ParallelFor(SparseMatMulKernel.Parts(call), new Work { Call = call });
        }

        public void Dispose() => node.Release();
    }

    private struct Work : IParallelWork
    {
        public SparseMatMulCall Call;

        public readonly void Run(int part) => SparseMatMulKernel.Run(Call, part);
    }
}
