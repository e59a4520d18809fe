namespace Etl.Landing.Staging;

/// <summary>How pulls are staged.</summary>
public sealed record StagingOptions
{
    /// <summary>True to add the column <c>_account</c>, for sources that name several accounts. Default false.</summary>
    public bool WithAccount { get; init; }
}
