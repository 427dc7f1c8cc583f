using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Operators;

/// <summary>
/// <c>SparseMatMul(x, scale?, shift?, addend?) -> y</c>: a product with a packed matrix, y = act(scale * (x w) + shift +
/// addend). Attributes as in <see cref="SparseNode"/>, and <c>weight_left</c> (0): if 1, the product is w x; <c>trans_x</c>
/// and <c>trans_y</c> (0): if 1, the last two dimensions of x, or of y and the addend, are exchanged. x has up to 8
/// dimensions; scale and shift have a value per output of the matrix. Zeros are skipped, so that 0 times an infinite or NaN
/// x adds nothing.
/// </summary>
internal sealed class SparseMatMulOperator() : ElsaOperator(
    "SparseMatMul", [new("x"), new("scale", true), new("shift", true), new("addend", true)], [new("y")])
{
    /// <summary>Most input vectors that are read as they come; more go through tiles.</summary>
    public const int MostVectorsWithoutTiles = LaneProduct.Vectors;

    public override OperatorKernel CreateKernel(OperatorAttributes attributes)
    {
        bool left = attributes.Flag("weight_left");
        return new Kernel(
            new SparseNode(attributes), xInner: left != attributes.Flag("trans_x"),
            yInner: left != attributes.Flag("trans_y"));
    }

    /// <param name="node">The node.</param>
    /// <param name="xInner">Whether the last dimension of x is that of the input vectors, not of their values.</param>
    /// <param name="yInner">The same of y.</param>
    private sealed unsafe class Kernel(SparseNode node, bool xInner, bool yInner) : OperatorKernel, IDisposable
    {
        public override void Compute(OperatorContext context)
        {
            var x = context.Input(0);
            // A vector is a matrix with one position; the dimension of the inputs is then the only one.
            bool vector = x.Rank == 1;
            int inputs = vector ? 0 : xInner ? x.Rank - 2 : x.Rank - 1;
            if (x.Rank == 0 || x[inputs] != node.Pack.Columns || (vector && xInner != yInner))
            {
                throw new ArgumentException(
                    $"Input 'x' has shape {OperatorShapes.Text(x.Shape)}; it must have {node.Pack.Columns} values in its " +
                    $"{(xInner ? "last dimension but one" : "last dimension")}, as the weights have inputs.");
            }
            Span<long> shape = stackalloc long[x.Rank];
            x.Shape.CopyTo(shape);
            int batches = 1, positions = 1;
            bool separate = xInner || yInner;
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
                shape[^1] = yInner ? x[other] : node.Pack.Rows;
                shape[^2] = yInner ? node.Pack.Rows : x[other];
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
                XPositionsInner = !vector && xInner,
                Y = context.Output(0, shape),
                YPositionsInner = yInner,
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
