namespace Elsa.MLNet.Datasets;

/// <summary>
/// A grey picture that a round pen draws on. Arithmetic is add, subtract, multiply, divide and square root only, which
/// IEEE 754 defines to the last bit, so that every machine draws the same picture.
/// </summary>
sealed class Canvas(int side)
{
    readonly double[] _ink = new double[side * side];

    /// <summary>Makes the canvas white again.</summary>
    public void Clear() => Array.Clear(_ink);

    /// <summary>Draws the way of <paramref name="stroke"/>, whose points are in pixels.</summary>
    /// <param name="stroke">The way.</param>
    /// <param name="radius">Half the width of the pen, in pixels.</param>
    public void Draw(Stroke stroke, double radius)
    {
        Point? from = null;
        foreach (var to in stroke.Trace())
        {
            if (from is { } start)
                Draw(start, to, radius);
            from = to;
        }
    }

    /// <summary>Writes the picture as bytes, row by row: 0 is empty and 255 is full ink.</summary>
    /// <param name="random">Source of the grain.</param>
    /// <param name="darkness">The brightness of full ink, 0 to 1.</param>
    /// <param name="grain">Deviation of the noise added to each pixel, in units of a byte.</param>
    /// <param name="destination"><c>side * side</c> bytes.</param>
    public void Develop(Pcg32 random, double darkness, double grain, Span<byte> destination)
    {
        for (var i = 0; i < destination.Length; i++)
            destination[i] = (byte)Math.Clamp(255 * darkness * _ink[i] + grain * random.Bell() + 0.5, 0, 255);
    }

    void Draw(Point from, Point to, double radius)
    {
        var reach = radius + 0.5;
        int left = Pixel(Math.Min(from.X, to.X) - reach), right = Pixel(Math.Max(from.X, to.X) + reach);
        int top = Pixel(Math.Min(from.Y, to.Y) - reach), bottom = Pixel(Math.Max(from.Y, to.Y) + reach);
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                ref var ink = ref _ink[y * side + x];
                ink = Math.Max(ink, Math.Min(1, reach - Distance(new(x + 0.5, y + 0.5), from, to)));
            }
        }
    }

    int Pixel(double at) => (int)Math.Clamp(at, 0, side - 1);

    static double Distance(Point p, Point from, Point to)
    {
        double alongX = to.X - from.X, alongY = to.Y - from.Y;
        var square = alongX * alongX + alongY * alongY;
        var t = square == 0 ? 0 : Math.Clamp(((p.X - from.X) * alongX + (p.Y - from.Y) * alongY) / square, 0, 1);
        double x = p.X - (from.X + t * alongX), y = p.Y - (from.Y + t * alongY);
        return Math.Sqrt(x * x + y * y);
    }
}
