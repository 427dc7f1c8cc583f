using CsCheck;
using Elsa.MLNet.Kernels;
using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Tests.Kernels.Sparse;

/// <summary>Products of a pack against their definition in double precision.</summary>
[TestClass]
public sealed unsafe class SparseMatMulKernelTests
{
    const int Cases = 60;

    static readonly Gen<(int Rows, int Columns, int Positions, int Batches, int Levels, int Form)> Shapes =
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 300], Gen.Int[1, 140], Gen.Int[1, 3], Gen.Int[2, 6], Gen.Int[0, 31]);

    public static IEnumerable<object[]> Sets => SparseWeights.Sets;

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Every_level_of_every_shape_is_the_definition(object set) => Shapes.Sample(shape =>
    {
        using var weights = new SparseWeights(shape.Rows, shape.Columns, 1, shape.Levels, shape.Form);
        for (var level = 1; level < shape.Levels; level++)
        {
            var product = new Product(weights, level, shape.Batches, shape.Positions, shape.Form);
            SparseWeights.AreClose(product.Expected(), product.Run((InstructionSet)set, threads: 1), $"{shape}, level {level}");
        }
    }, iter: Cases, seed: "0000000000001");

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void One_to_nine_vectors_are_the_definition(object set)
    {
        using var weights = new SparseWeights(531, 417, 1, 5, seed: 3);
        for (var positions = 1; positions <= 9; positions++)
        {
            for (var level = 1; level <= 4; level++)
            {
                var product = new Product(weights, level, 1, positions, form: 0);
                SparseWeights.AreClose(product.Expected(), product.Run((InstructionSet)set, threads: 1), $"{positions} vectors, level {level}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Blocks_of_8_and_16_rows_are_found_and_are_the_definition(object set)
    {
        foreach (var height in new[] { 8, 16 })
        {
            using var weights = new SparseWeights(16 * 21 + height, 301, 1, 4, seed: height, height);
            Assert.AreEqual(height, weights.Pack.Height);
            foreach (var positions in new[] { 1, 2, 4, 5, 9, 33, 64, 90 })
            {
                for (var form = 0; form < 32; form += 5)
                {
                    var product = new Product(weights, 1 + form % 3, 1, positions, form);
                    SparseWeights.AreClose(
                        product.Expected(), product.Run((InstructionSet)set, threads: 2), $"{height} rows, {positions} positions, form {form}");
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Threads_do_not_change_a_bit(object set)
    {
        using var weights = new SparseWeights(900, 300, 1, 3, seed: 4);
        foreach (var positions in new[] { 1, 3, 70 })
        {
            var product = new Product(weights, 1, 1, positions, form: 3);
            CollectionAssert.AreEqual(product.Run((InstructionSet)set, threads: 1), product.Run((InstructionSet)set, threads: 3));
        }
    }

    [TestMethod]
    public void Instruction_sets_and_tiles_give_the_same_bits()
    {
        using var weights = new SparseWeights(130, 290, 1, 3, seed: 5);
        var product = new Product(weights, 2, 1, 70, form: 0);
        var portable = product.Run(InstructionSet.Portable, threads: 1);
        foreach (var set in SparseWeights.Sets.Select(set => (InstructionSet)set[0]))
            CollectionAssert.AreEqual(portable, product.Run(set, threads: 1), set.ToString());
    }

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void What_a_level_drops_hides_infinity_and_NaN_and_what_it_keeps_shows_them(object set)
    {
        using var pack = SparsePack.Create([2, 3, 0, 5], [1, 0, 1, 1], 2, 2, 1, 2);
        foreach (var positions in new[] { 1, 5 })
        {
            var x = new float[2 * positions];
            for (var position = 0; position < positions; position++)
                (x[2 * position], x[2 * position + 1]) = (1, position == 0 ? float.NaN : float.PositiveInfinity);
            var y = new float[2 * positions];
            fixed (float* input = x, output = y)
            {
                Product.RunAll(new SparseMatMulCall
                {
                    Pack = pack,
                    Level = 1,
                    Batches = 1,
                    Positions = positions,
                    X = input,
                    Y = output,
                    Set = (InstructionSet)set,
                    Threads = 1,
                    Epilogue = new Epilogue { Activation = Activation.Relu },
                });
            }
            Assert.AreEqual(2f, y[0], "Row 0 drops the second column.");
            Assert.IsTrue(float.IsNaN(y[1]), "Row 1 keeps it, and Relu passes NaN on.");
            if (positions > 1) Assert.AreEqual(float.PositiveInfinity, y[3]);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Only_rows_that_keep_a_column_see_that_it_is_not_finite(object set)
    {
        using var weights = new SparseWeights(90, 230, 1, 4, seed: 6);
        foreach (var positions in new[] { 1, 2, 4, 5, 8, 20 })
            foreach (var value in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
                for (var column = 0; column < weights.Columns; column += 19)
                {
                    var x = SparseWeights.Draw(positions * weights.Columns, new Random(column));
                    x[(positions - 1) * weights.Columns + column] = value;
                    for (var level = 1; level < 4; level++) AreFiniteWhereDropped(weights, level, column, x, positions, (InstructionSet)set);
                }
    }

    [TestMethod]
    public void More_columns_than_lanes_can_number_are_multiplied_all_the_same()
    {
        const int Columns = LanePack.MostColumns + LanePack.WindowColumns;
        var (weights, levels) = (new float[Columns], new byte[Columns]);
        foreach (var column in new[] { 3, Columns / 2, Columns - 1 }) (weights[column], levels[column]) = (column % 7 + 1, 1);
        using var pack = SparsePack.Create(weights, levels, 1, Columns, 1, 2);
        var (x, y) = (Enumerable.Range(0, Columns).Select(column => column % 5 + 1f).ToArray(), new float[1]);
        fixed (float* input = x, output = y)
        {
            Product.RunAll(new SparseMatMulCall
            {
                Pack = pack,
                Level = 1,
                Batches = 1,
                Positions = 1,
                X = input,
                Y = output,
                Set = InstructionSets.Widest,
                Threads = 1,
            });
        }
        Assert.AreEqual(weights.Zip(x).Sum(pair => (double)pair.First * pair.Second), y[0]);
    }

    static void AreFiniteWhereDropped(SparseWeights weights, int level, int column, float[] x, int positions, InstructionSet set)
    {
        var y = new float[positions * weights.Rows];
        fixed (float* input = x, output = y)
        {
            Product.RunAll(new SparseMatMulCall
            {
                Pack = weights.Pack,
                Level = level,
                Batches = 1,
                Positions = positions,
                X = input,
                Y = output,
                Set = set,
                Threads = 1,
            });
        }
        for (var i = 0; i < y.Length; i++)
        {
            var sees = i / weights.Rows == positions - 1 && weights.At(level, i % weights.Rows, column) != 0;
            Assert.AreEqual(sees, !float.IsFinite(y[i]), $"row {i % weights.Rows} of vector {i / weights.Rows}, level {level}, column {column}");
        }
    }
}
