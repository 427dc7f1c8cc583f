namespace Elsa.MLNet.Augmentation;

/// <summary>A picture of dimensions [channels, height, width] that is changed in place.</summary>
internal readonly ref struct PlanarPicture(Span<float> values, int height, int width)
{
    private readonly Span<float> _values = values;

    /// <summary>Moves the picture down and to the right (negative: up and to the left); pixels that come in are
    /// 0.</summary>
    public void Shift(int down, int right)
    {
        for (var plane = 0; plane < _values.Length; plane += height * width)
            for (var step = 0; step < height; step++)
            {
                // Towards the side that lines come from, so that none is overwritten before it moved.
                var y = down > 0 ? height - 1 - step : step;
                var line = _values.Slice(plane + y * width, width);
                if (y - down < 0 || y - down >= height) line.Clear();
                else Move(_values.Slice(plane + (y - down) * width, width), line, right);
            }
    }

    /// <summary>Mirrors left to right.</summary>
    public void Flip()
    {
        for (var line = 0; line < _values.Length; line += width) _values.Slice(line, width).Reverse();
    }

    private static void Move(ReadOnlySpan<float> source, Span<float> line, int right)
    {
        if (right >= 0)
        {
            source[..^right].CopyTo(line[right..]);
            line[..right].Clear();
        }
        else
        {
            source[-right..].CopyTo(line);
            line[^-right..].Clear();
        }
    }
}
