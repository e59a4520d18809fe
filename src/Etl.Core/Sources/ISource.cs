using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Raw;
using Etl.Core.Windows;

namespace Etl.Core.Sources;

/// <summary>
/// Pulls one window of one source, completely or not at all. An implementation proves completeness itself (design:
/// promise 3) and throws an <see cref="Errors.EtlException"/> when it cannot; retry of single requests is its own matter.
/// </summary>
public interface ISource
{
    /// <summary>
    /// Pulls the window: calls <see cref="IPullSink.StartAsync"/> (again after a restart), then
    /// <see cref="IPullSink.WriteAsync"/> for each batch, and returns the proof.
    /// </summary>
    Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation);

    /// <summary>What a pull of this window would ask, without asking anything that costs: calls, cap risk.</summary>
    PullForecast Forecast(PullRequest request);
}

/// <summary>Makes the source of a job's <c>source:</c>; one per account.</summary>
public interface ISourceFactory
{
    /// <summary>
    /// Account ids that a spec pulls from, in order: its own list, the configured account, or those that a report lists for a range of time. Null
    /// when the service would have to be asked and this factory only looks ahead.
    /// </summary>
    /// <exception cref="Errors.EtlException">The report could not be pulled, or lists no account.</exception>
    Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation);

    /// <summary>Makes the source.</summary>
    /// <exception cref="Errors.EtlException">The action is not available or settings are missing.</exception>
    ISource Create(SourceSpec spec, string account);

    /// <summary>Another way to the rows of a source.</summary>
    /// <exception cref="Errors.EtlException">There is none; <see cref="ISourceRules.FindSecondPathFault"/> says so when the job is read.</exception>
    SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind);
}

/// <summary>One window to pull.</summary>
/// <param name="Key">Identity of the window.</param>
/// <param name="Window">Its bounds.</param>
/// <param name="TimeZoneOffsetMinutes">The service's offset: minus the zone's UTC offset at the window's start.</param>
/// <param name="TimeZone">IANA id of the job's zone.</param>
/// <param name="PullId">Id of this pull.</param>
/// <param name="SchemaPolicy">What to do with columns that the catalogue does not know.</param>
public sealed record PullRequest(
    WindowKey Key, Window Window, int TimeZoneOffsetMinutes, string TimeZone, string PullId, SchemaPolicy SchemaPolicy = SchemaPolicy.Evolve)
{
    /// <summary>
    /// Other sources of the job that are pulled for the same window and account right after this one: what they ask may be
    /// asked along, in one round trip.
    /// </summary>
    public IReadOnlyList<SourceSpec> Together { get; init; } = [];

    /// <summary>Columns that landed as text before the catalogue knew them: they stay text, as they are sent, so that older windows fit.</summary>
    public IReadOnlyCollection<string> StaysText { get; init; } = [];

    /// <summary>The handle of the window's unfinished request; null when nothing is pulled, only planned.</summary>
    public IHandles? Handles { get; init; }
}

/// <summary>Takes what a source pulls. Calls come one at a time.</summary>
public interface IPullSink
{
    /// <summary>Begins, or begins again: everything written so far for this pull is forgotten.</summary>
    ValueTask StartAsync(TableSchema schema, CancellationToken cancellation);

    /// <summary>
    /// Takes the rows of a batch; the batch may be reused when the call returns. Rows that it marks as refused
    /// (<see cref="RowBatch.Refused"/>) count as received and go to quarantine instead of landing.
    /// </summary>
    ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation);

    /// <summary>
    /// Opens a place for the raw bytes of one reply (decoded, before parsing). Never used for replies that hold credentials
    /// only; others are masked first.
    /// </summary>
    IRawReply OpenRaw(RawRequest request);

    /// <summary>Tells how far the pull is, for display only.</summary>
    void Report(PullProgress progress);
}

/// <summary>How far a pull is.</summary>
/// <param name="Calls">API calls answered.</param>
/// <param name="Rows">Rows received.</param>
/// <param name="Bytes">Decoded body bytes received.</param>
/// <param name="Doing">What is going on, in a few words.</param>
public sealed record PullProgress(int Calls, long Rows, long Bytes, string Doing);

/// <summary>What a pull would ask.</summary>
/// <param name="Calls">API calls expected at least.</param>
/// <param name="CapRisk">What is known about the cap, in words.</param>
public sealed record PullForecast(int Calls, string CapRisk);
