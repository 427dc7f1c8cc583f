namespace Elsa.MLNet.Tests.Gradients.Oracles;

/// <summary>Row-major positions, for oracles in plain loops.</summary>
static class Grid
{
    public static long Count(IEnumerable<long> dimensions) => dimensions.Aggregate(1L,
        (product, dimension) => product * dimension);

    /// <summary>All positions in row-major order.</summary>
    public static IEnumerable<long[]> Positions(long[] dimensions)
    {
        for (var flat = 0L; flat < Count(dimensions); flat++)
        {
            var (position, rest) = (new long[dimensions.Length], flat);
            for (var axis = dimensions.Length - 1; axis >= 0; axis--) (rest, position[axis]) =
                Math.DivRem(rest, dimensions[axis]);
            yield return position;
        }
    }

    /// <summary>Where an element lies; null outside the grid.</summary>
    public static long? Offset(long[] dimensions, params long[] position)
    {
        var flat = 0L;
        for (var axis = 0; axis < dimensions.Length; axis++)
        {
            if (position[axis] < 0 || position[axis] >= dimensions[axis]) return null;
            flat = flat * dimensions[axis] + position[axis];
        }
        return flat;
    }

    /// <summary>Where the tap of a window reads on the spatial axes.</summary>
    public static long[] Tap(long[] window, long[] tap, long[] strides, long[] dilations, long[] pads) =>
        [.. window.Select((index, axis) => index * strides[axis] + tap[axis] * dilations[axis] - pads[axis])];

    /// <summary>Asserts that float32 values agree with an oracle's to 1e-4 of its largest.</summary>
    public static void Agree(double[] expected, float[] found, string what)
    {
        Assert.HasCount(expected.Length, found, what);
        var scale = Math.Max(1e-6, expected.Max(Math.Abs));
        for (var index = 0; index < expected.Length; index++)
            Assert.IsLessThan(1e-4, Math.Abs(expected[index] - found[index]) / scale,
                $"{what}[{index}]: {found[index]}, expected {expected[index]}.");
    }

    /// <summary>Asserts the same of the gradients of the inputs x0, x1, ...</summary>
    public static void AgreeAll(double[][] expected, Dictionary<string, float[]> found)
    {
        for (var index = 0; index < expected.Length; index++)
            Agree(expected[index], found[$"x{index}"], $"Gradient of input {index}");
    }
}
