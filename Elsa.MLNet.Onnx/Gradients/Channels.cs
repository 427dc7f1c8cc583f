namespace Elsa.MLNet.Onnx;

/// <summary>Values with one number per channel, which is axis 1.</summary>
internal static class Channels
{
    /// <summary>All axes but that of the channels.</summary>
    public static long[] OtherAxes(int rank) => [0, .. Enumerable.Range(2, rank - 2).Select(axis => (long)axis)];

    /// <summary>Sums over all axes but that of the channels, to shape [C].</summary>
    public static string Sum(GraphBuilder graph, string value, int rank) =>
        graph.Sum(value, OtherAxes(rank), keepDimensions: false);

    /// <summary>A vector of shape [C] as one that broadcasts along the channels of a value of that rank.</summary>
    public static string Spread(GraphBuilder graph, string vector, long channels, int rank) =>
        rank == 2 ? vector : graph.Reshape(vector, [channels, .. Enumerable.Repeat(1L, rank - 2)]);
}
