namespace Elsa.MLNet.Onnx;

/// <summary>
/// Where the elements of a resized axis come from, computed in the types and the order of ONNX Runtime, so that the
/// nearest element is the one that it takes.
/// </summary>
/// <param name="transformation">The attribute coordinate_transformation_mode.</param>
/// <param name="nearest">The attribute nearest_mode.</param>
internal sealed class ResizeCoordinates(string transformation, string nearest)
{
    // ONNX Runtime takes what is this close to the middle of two elements for the middle.
    const float HalfTolerance = 1e-6f;

    /// <summary>The transformations that are known.</summary>
    public static IReadOnlySet<string> Transformations { get; } =
        new HashSet<string> { "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
            "asymmetric" };

    /// <summary>The map from an axis to the resized one.</summary>
    /// <param name="input">Its length.</param>
    /// <param name="output">Its length resized.</param>
    /// <param name="scale">Their ratio, as given.</param>
    /// <param name="linear">Whether to interpolate; else the nearest element is taken.</param>
    public AxisMap Map(long input, long output, float scale, bool linear)
    {
        var map = new AxisMap(output, input);
        for (var index = 0L; index < output; index++)
        {
            var origin = Origin(index, input, output, scale);
            if (!linear)
            {
                map.Add(index, Math.Clamp((long)Nearest(origin), 0, input - 1), 1);
                continue;
            }
            origin = Math.Clamp(origin, 0, input - 1);
            var (low, part) = ((long)origin, origin - (long)origin);
            map.Add(index, low, 1 - part);
            if (part > 0) map.Add(index, low + 1, part);
        }
        return map;
    }

    float Origin(long index, long input, long output, float scale) => transformation switch
    {
        "asymmetric" => index / scale,
        "align_corners" => output == 1 ? 0 : (float)(index * (input - 1)) / (output - 1),
        "pytorch_half_pixel" when output == 1 => 0,
        "half_pixel_symmetric" => (float)(input / 2f * (1 - output / (scale * input)) + (index + 0.5) / scale - 0.5),
        _ => (index + 0.5f) / scale - 0.5f,
    };

    float Nearest(float origin) => nearest switch
    {
        "floor" => MathF.Floor(origin),
        "ceil" => MathF.Ceiling(origin),
        _ => Rounded(origin, nearest == "round_prefer_ceil"),
    };

    static float Rounded(float origin, bool preferCeiling)
    {
        var floor = MathF.Floor(origin);
        var aboveHalf = origin - floor - 0.5f;
        var up = MathF.Abs(aboveHalf) < HalfTolerance ? preferCeiling : aboveHalf > 0;
        return up ? floor + 1 : floor;
    }
}
