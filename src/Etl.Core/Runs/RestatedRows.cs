namespace Etl.Core.Runs;

/// <summary>How many rows a landing restated at a target: against the pull that was published before.</summary>
/// <param name="Added">Rows that the published pull did not have.</param>
/// <param name="Removed">Rows that the new pull does not have.</param>
/// <param name="Changed">Rows of the same key with other values.</param>
public sealed record RestatedRows(long Added, long Removed, long Changed)
{
    /// <summary>All of them.</summary>
    public long Total => Added + Removed + Changed;
}
