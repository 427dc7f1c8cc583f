namespace Elsa.MLNet.Datasets;

/// <summary>A point of a drawing.</summary>
readonly record struct Point(double X, double Y);

/// <summary>
/// One movement of the pen through given points, straight from point to point or as a smooth curve. Points lie in a box
/// of 100 x 100, x to the right and y down.
/// </summary>
sealed class Stroke
{
    const int PiecesPerSpan = 6;
    readonly Point[] _points;
    readonly bool _smooth;

    Stroke(Point[] points, bool smooth) => (_points, _smooth) = (points, smooth);

    /// <summary>Straight from point to point, with corners.</summary>
    public static Stroke Line(params (double X, double Y)[] points) => new(Array.ConvertAll(points, Make), false);

    /// <summary>A smooth curve through all points (Catmull-Rom).</summary>
    public static Stroke Curve(params (double X, double Y)[] points) => new(Array.ConvertAll(points, Make), true);

    /// <summary>The same stroke with every given point moved.</summary>
    public Stroke Move(Func<Point, Point> move) => new(Array.ConvertAll(_points, p => move(p)), _smooth);

    /// <summary>The corners of the polyline that the pen follows.</summary>
    public IEnumerable<Point> Trace()
    {
        yield return _points[0];
        for (var i = 1; i < _points.Length; i++)
        {
            for (var piece = 1; _smooth && piece < PiecesPerSpan; piece++)
                yield return OnCurve(i, piece / (double)PiecesPerSpan);
            yield return _points[i];
        }
    }

    Point OnCurve(int end, double t)
    {
        Point b = _points[end - 1], c = _points[end];
        Point a = end > 1 ? _points[end - 2] : b, d = end + 1 < _points.Length ? _points[end + 1] : c;
        return new(CatmullRom(a.X, b.X, c.X, d.X, t), CatmullRom(a.Y, b.Y, c.Y, d.Y, t));
    }

    static double CatmullRom(double a, double b, double c, double d, double t) =>
        0.5 * (2 * b + t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))));

    static Point Make((double X, double Y) at) => new(at.X, at.Y);
}
