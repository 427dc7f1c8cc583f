namespace Elsa.MLNet.Onnx;

/// <summary>
/// Where the elements of a resized axis come from, computed in float32 as runtimes do, so that the nearest element is
/// theirs too.
/// </summary>
/// <param name="transformation">The attribute coordinate_transformation_mode.</param>
/// <param name="nearest">The attribute nearest_mode.</param>
internal sealed class ResizeCoordinates(string transformation, string nearest)
{
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
        "half_pixel_symmetric" => input / 2f * (1 - output / (scale * input)) + (index + 0.5f) / scale - 0.5f,
        _ => (index + 0.5f) / scale - 0.5f,
    };

    float Nearest(float origin) => nearest switch
    {
        "floor" => MathF.Floor(origin),
        "ceil" => MathF.Ceiling(origin),
        "round_prefer_ceil" => MathF.Floor(origin + 0.5f),
        _ => MathF.Ceiling(origin - 0.5f),
    };
}
