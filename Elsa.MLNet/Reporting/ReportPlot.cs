using System.Text;
using Elsa.MLNet.Onnx;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Elsa.MLNet.Reporting;

/// <summary>One plot: how good the levels are against something else, as SVG.</summary>
internal static class ReportPlot
{
    private const int Width = 440, Height = 320;

    /// <summary>Plots the levels with their names and confidence intervals.</summary>
    /// <param name="title">Of the horizontal axis.</param>
    /// <param name="format">Of its numbers.</param>
    /// <param name="across">Per level where it is on that axis, with the bounds of what was measured. Where nothing varies,
    /// a line joins the levels.</param>
    /// <param name="quality">How good the levels are.</param>
    /// <param name="names">The levels' names.</param>
    public static string Svg(string title, string format, IReadOnlyList<(double Value, double Lower, double Upper)> across,
        ReportQuality quality, IReadOnlyList<string> names)
    {
        var model = new PlotModel
        {
            Background = OxyColors.White,
            PlotAreaBorderColor = OxyColors.Gray,
            DefaultFont = "sans-serif",
        };
        model.Axes.Add(Axis(AxisPosition.Bottom, title, format));
        model.Axes.Add(Axis(AxisPosition.Left, $"{quality.Title}, %", "0.##"));
        var line = new LineSeries
        {
            Color = OxyColors.SteelBlue,
            LineStyle = across.All(level => level.Lower == level.Upper) ? LineStyle.Solid : LineStyle.None,
            MarkerType = MarkerType.Circle,
            MarkerSize = 4,
            MarkerFill = OxyColors.SteelBlue,
        };
        for (var level = 0; level < across.Count; level++)
        {
            var ((y, low, high), (x, left, right)) = (quality.Values[level], across[level]);
            line.Points.Add(new DataPoint(x, 100 * y));
            model.Series.Add(Interval(new DataPoint(x, 100 * low), new DataPoint(x, 100 * high)));
            if (left < right) model.Series.Add(Interval(new DataPoint(left, 100 * y), new DataPoint(right, 100 * y)));
            model.Annotations.Add(Label(names[level], x, 100 * y, level));
        }
        model.Series.Add(line);
        return ForPage(new SvgExporter { Width = Width, Height = Height }.ExportToString(model));
    }

    /// <summary>Without the head of a file, and with names of its own for clips: a page holds several plots.</summary>
    private static string ForPage(string svg)
    {
        var own = "elsa" + ContentHash.Of(Encoding.UTF8.GetBytes(svg))[..12];
        return svg[svg.IndexOf("<svg", StringComparison.Ordinal)..]
            .Replace("\"clipPath", $"\"{own}-", StringComparison.Ordinal)
            .Replace("#clipPath", $"#{own}-", StringComparison.Ordinal);
    }

    private static LinearAxis Axis(AxisPosition position, string title, string format) => new()
    {
        Position = position,
        Title = title,
        StringFormat = format,
        // The exporter measures numbers smaller than browsers draw them.
        AxisTitleDistance = position == AxisPosition.Left ? 16 : 8,
        // Room for the names beside the outermost levels.
        MinimumPadding = 0.12,
        MaximumPadding = 0.18,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColors.WhiteSmoke,
    };

    private static LineSeries Interval(DataPoint lower, DataPoint upper)
    {
        var bar = new LineSeries { Color = OxyColors.LightSteelBlue, StrokeThickness = 3 };
        bar.Points.Add(lower);
        bar.Points.Add(upper);
        return bar;
    }

    /// <summary>Levels close to each other are told apart by names that change sides.</summary>
    private static TextAnnotation Label(string name, double x, double y, int level) => new()
    {
        Text = name,
        TextPosition = new DataPoint(x, y),
        Stroke = OxyColors.Transparent,
        TextHorizontalAlignment = level % 2 == 0 ? HorizontalAlignment.Left : HorizontalAlignment.Right,
        TextVerticalAlignment = level % 2 == 0 ? VerticalAlignment.Bottom : VerticalAlignment.Top,
        Offset = new ScreenVector(level % 2 == 0 ? 4 : -4, level % 2 == 0 ? -2 : 2),
    };
}
