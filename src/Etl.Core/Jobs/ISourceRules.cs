namespace Etl.Core.Jobs;

/// <summary>
/// What a source's own client knows about a well-formed <c>source:</c>, so that a job file is refused when it is read
/// and not when it first runs. Implementations ask nobody and open nothing.
/// </summary>
public interface ISourceRules
{
    /// <summary>Actions that can be pulled now, in the order in which messages list them.</summary>
    IReadOnlyList<string> Actions { get; }

    /// <summary>
    /// Finds faults in a source. A path is relative to the source: <c>filter.entryIdIn</c>, <c>objectIds[2]</c>, or
    /// empty for the source as a whole. Messages are whole sentences and never throw for bad input.
    /// </summary>
    IEnumerable<(string Path, string Message)> Check(SourceSpec spec);

    /// <summary>Finds faults in a source given whether its job is a live one; paths as in <see cref="Check"/>.</summary>
    IEnumerable<(string Path, string Message)> CheckLive(SourceSpec spec, bool live) => [];
}
