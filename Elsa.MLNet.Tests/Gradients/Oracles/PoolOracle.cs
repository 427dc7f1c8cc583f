namespace Elsa.MLNet.Tests.Gradients.Oracles;

/// <summary>Gradients of pools by loops over all windows and taps, in double.</summary>
static class PoolOracle
{
    /// <summary>The first maximum of a window gets its gradient.</summary>
    public static double[] Max(float[] dy, float[] x, PoolCase form)
    {
        var dx = new double[x.Length];
        foreach (var (window, taps) in Windows(form).Index())
        {
            var best = taps.First(tap => tap is not null)!.Value;
            foreach (var tap in taps)
                if (tap is { } at && x[at] > x[best]) best = at;
            dx[best] += dy[window];
        }
        return dx;
    }

    /// <summary>Every tap gets its share: of the taps in the input, or in the padded input.</summary>
    public static double[] Average(float[] dy, PoolCase form, bool countPadding)
    {
        var dx = new double[Grid.Count(form.Input)];
        long[] padded = [.. form.Input.Select((length, axis) => axis < 2 ? length : Padded(axis - 2, length))];
        var counts = Windows(form with { Pads = new long[form.Pads.Length], Input = padded }, form.Output).ToList();
        foreach (var (window, taps) in Windows(form).Index())
        {
            var count = (countPadding ? counts[window] : taps).Count(tap => tap is not null);
            foreach (var tap in taps)
                if (tap is { } at) dx[at] += (double)dy[window] / count;
        }
        return dx;

        long Padded(int axis, long length) => length + form.Pads[axis] + form.Pads[form.Kernel.Length + axis];
    }

    /// <summary>Per window, in the output's order, where its taps read; null in the padding.</summary>
    static IEnumerable<List<long?>> Windows(PoolCase form, long[]? output = null) =>
        Grid.Positions(output ?? form.Output).Select(at => Grid.Positions(form.Kernel).Select(tap => Grid.Offset(form.Input,
            [at[0], at[1], .. Grid.Tap(at[2..], tap, form.Strides, form.Dilations, form.Pads)])).ToList());
}
