using System.Globalization;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet;

/// <summary>
/// What lies between the pixels of a column and a network's input [batch, channels, height, width]. It becomes part of the
/// parent, so that whoever scores gives pixels: <c>(x - Mean[c]) / Deviation[c]</c>, computed in the input's type. Values
/// are checked when set.
/// </summary>
public sealed record ElsaPixels
{
    /// <summary>Whether rows are [height, width, channels], as ML.NET's ExtractPixels makes them with
    /// <c>interleavePixelColors: true</c>; default false: [channels, height, width].</summary>
    public bool Interleaved { get; init; }

    /// <summary>What is subtracted, in units of the column: 0 to 255, unless ExtractPixels scales. One for all channels or one
    /// each, finite; empty (default) for none.</summary>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public IReadOnlyList<double> Mean
    {
        get;
        init => field = All(value, nameof(Mean), number => double.IsFinite((float)number), "finite");
    } = [];

    /// <summary>What is divided by afterwards, in the same units. One for all channels or one each, finite and above 0; empty
    /// (default) for none.</summary>
    /// <exception cref="ArgumentException">A value is not finite or not above 0.</exception>
    public IReadOnlyList<double> Deviation
    {
        get;
        init => field = All(value, nameof(Deviation), number => (float)number is > 0 and < float.PositiveInfinity, "finite and above 0");
    } = [];

    /// <summary>Tells apart what gives different networks.</summary>
    internal string Identity => string.Create(
        CultureInfo.InvariantCulture, $"{Interleaved}|{string.Join(',', Mean)}|{string.Join(',', Deviation)}");

    internal PixelFolding ToFolding() => new(Interleaved, Mean, Deviation);

    private static double[] All(IReadOnlyList<double> values, string name, Func<double, bool> allowed, string what)
    {
        ArgumentNullException.ThrowIfNull(values, name);
        for (var index = 0; index < values.Count; index++)
            if (!allowed(values[index]))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                    $"{name}[{index}] is {values[index]}; allowed are float32 numbers that are {what}."), name);
        return [.. values];
    }
}
