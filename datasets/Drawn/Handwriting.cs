namespace Elsa.MLNet.Datasets;

/// <summary>How one digit is written: the mapping from the glyph's box of 100 x 100 to pixels, and the pen.</summary>
sealed class Handwriting
{
    const double Wobble = 5.5;
    readonly Pcg32 _random;
    readonly double _width, _height, _slant, _cosine, _sine, _centerX, _centerY;

    /// <summary>Takes a new hand at random for a picture of <paramref name="side"/> x <paramref
    /// name="side"/>.</summary>
    public Handwriting(Pcg32 random, int side)
    {
        _random = random;
        _height = side * random.Between(0.46, 0.80);
        _width = _height * random.Between(0.45, 0.85);
        _slant = random.Between(-0.20, 0.45);
        // A turn by angle a without sine or cosine: with t = tan(a / 2), both are fractions of t. |a| < 21 degrees.
        var t = random.Between(-0.18, 0.18);
        (_cosine, _sine) = ((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t));
        _centerX = side * (0.5 + random.Between(-0.09, 0.09));
        _centerY = side * (0.5 + random.Between(-0.09, 0.09));
        PenRadius = random.Between(0.5, 1.8);
        Darkness = random.Between(0.4, 1.0);
        Grain = random.Between(0, 48);
    }

    /// <summary>Half the width of the pen, in pixels.</summary>
    public double PenRadius { get; }

    /// <summary>The brightness of full ink, 0 to 1.</summary>
    public double Darkness { get; }

    /// <summary>Deviation of the noise, in units of a byte.</summary>
    public double Grain { get; }

    /// <summary>Where on the picture this hand puts a point of a glyph. The hand is not steady.</summary>
    public Point Place(Point glyph)
    {
        var y = (glyph.Y + Wobble * _random.Bell() - 50) / 100 * _height;
        var x = (glyph.X + Wobble * _random.Bell() - 50) / 100 * _width - _slant * y;
        return new(_centerX + _cosine * x - _sine * y, _centerY + _sine * x + _cosine * y);
    }
}
