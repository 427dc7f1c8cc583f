using SkiaSharp;

namespace Elsa.MLNet.Tests.Datasets;

/// <summary>Picture files for the tests of loaders.</summary>
static class Pictures
{
    /// <summary>A coloured picture of one colour.</summary>
    public static byte[] Plain(
        SKColor color, SKEncodedImageFormat format = SKEncodedImageFormat.Png, int width = 4, int height = 3)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        bitmap.Erase(color);
        return Encode(bitmap, format);
    }

    /// <summary>A grey picture whose bytes count up from <paramref name="first"/>.</summary>
    public static byte[] Grey(byte first, int width = 4, int height = 3)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Gray8, SKAlphaType.Opaque));
        for (var i = 0; i < width * height; i++)
        {
            var value = (byte)(first + i);
            bitmap.SetPixel(i % width, i / width, new SKColor(value, value, value));
        }
        return Encode(bitmap, SKEncodedImageFormat.Png);
    }

    static byte[] Encode(SKBitmap bitmap, SKEncodedImageFormat format)
    {
        using var data = bitmap.Encode(format, 100);
        return data.ToArray();
    }
}
