using SkiaSharp;

namespace Elsa.MLNet.Datasets;

/// <summary>Decodes a .jpg or .png file: one grey plane, or red, green and blue. Transparency and colour profiles are
/// passed over.</summary>
sealed class PictureDecoder : IDisposable
{
    const int LargestSide = 4096;
    readonly SKCodec _codec;
    readonly string _name;

    /// <summary>Reads the header of a picture.</summary>
    /// <exception cref="InvalidDataException">It is no picture, or a side is too long.</exception>
    public PictureDecoder(ImageEntry entry)
    {
        _name = entry.Name;
        using var data = SKData.CreateCopy(entry.Bytes);
        _codec = SKCodec.Create(data) ?? throw new InvalidDataException(
            $"'{_name}' ({entry.Bytes.Length} bytes) is not a .jpg or .png that can be decoded. "
            + "Remove it or get it again.");
        (Width, Height) = (_codec.Info.Width, _codec.Info.Height);
        Channels = _codec.Info.ColorType == SKColorType.Gray8 ? 1 : 3;
        if (Width <= LargestSide && Height <= LargestSide)
            return;
        _codec.Dispose();
        throw new InvalidDataException(
            $"'{_name}' has {Width} x {Height} pixels. A side may have {LargestSide}. Make the picture smaller.");
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>1 for a grey file, 3 for any other.</summary>
    public int Channels { get; }

    /// <summary>Writes the planes, [channels, height, width]; a grey picture is repeated in every plane.</summary>
    /// <exception cref="InvalidDataException">The file ends early or is damaged.</exception>
    public void Decode(Span<byte> planes)
    {
        var (type, alpha, step) = Channels == 1
            ? (SKColorType.Gray8, SKAlphaType.Opaque, 1) : (SKColorType.Rgba8888, SKAlphaType.Unpremul, 4);
        var result = _codec.GetPixels(new SKImageInfo(Width, Height, type, alpha), out var pixels);
        if (result != SKCodecResult.Success)
            throw new InvalidDataException($"'{_name}' is damaged ({result}). Remove it or get it again.");
        var plane = Width * Height;
        for (var channel = 0; channel * plane < planes.Length; channel++)
        {
            for (var i = 0; i < plane; i++)
                planes[channel * plane + i] = pixels[i * step + channel % step];
        }
    }

    public void Dispose() => _codec.Dispose();
}
