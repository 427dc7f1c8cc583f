namespace Images;

/// <summary>A picture file and what it shows.</summary>
sealed record Picture
{
    public required string File { get; init; }

    /// <summary>0 a disc, 1 a square, 2 stripes.</summary>
    public required uint Label { get; init; }
}
