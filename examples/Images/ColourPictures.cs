using SkiaSharp;

namespace Images;

/// <summary>Draws discs, squares and stripes in random colours as PNG files; the same seed draws the same pictures.</summary>
static class ColourPictures
{
    public const int Classes = 3;

    const int Side = 48;

    /// <summary>Writes the pictures into a folder and lists them, the classes in turn.</summary>
    public static List<Picture> Write(string folder, int count, int seed)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(index =>
        {
            var picture = new Picture { File = Path.Combine(folder, $"{index:0000}.png"), Label = (uint)(index % Classes) };
            using var bitmap = new SKBitmap(Side, Side);
            Draw(bitmap, (int)picture.Label, random);
            using var file = File.Create(picture.File);
            bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
            return picture;
        })];
    }

    static void Draw(SKBitmap bitmap, int shape, Random random)
    {
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(new SKColor(Dark(), Dark(), Dark()));
        using var paint = new SKPaint { Color = new SKColor(Light(), Light(), Light()), IsAntialias = true };
        float size = 10 + 8 * random.NextSingle(), x = 18 + 12 * random.NextSingle(), y = 18 + 12 * random.NextSingle();
        if (shape == 0) canvas.DrawCircle(x, y, size, paint);
        if (shape == 1) canvas.DrawRect(x - size, y - size, 2 * size, 2 * size, paint);
        if (shape == 2)
            for (var top = y - size; top < y + size; top += 6) canvas.DrawRect(x - size, top, 2 * size, 3, paint);

        byte Dark() => (byte)random.Next(0, 100);
        byte Light() => (byte)random.Next(140, 256);
    }
}
