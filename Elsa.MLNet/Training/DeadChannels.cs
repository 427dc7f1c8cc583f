namespace Elsa.MLNet.Training;

/// <summary>Counts output channels of convolutions that no weight is left to feed.</summary>
internal static class DeadChannels
{
    public static (int Dead, int Channels) Count(TrainedNetwork network, ParameterVector layout, int level)
    {
        var (dead, channels) = (0, 0);
        foreach (var part in layout.Parts.Where(part => part.Shape.Length > 2))
        {
            var size = part.Count / (int)part.Shape[0];
            for (var channel = 0; channel < part.Shape[0]; channel++)
            {
                channels++;
                if (network.LevelMap.AsSpan(part.Offset + channel * size, size).IndexOfAnyInRange((byte)level, byte.MaxValue) < 0) dead++;
            }
        }
        return (dead, channels);
    }
}
