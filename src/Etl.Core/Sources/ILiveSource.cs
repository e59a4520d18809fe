using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Raw;

namespace Etl.Core.Sources;

/// <summary>
/// A source that tells what is going on now and cannot be asked for a window of the past: it is polled while time passes, and each
/// point of an answer belongs to the minute of its own time. Answers overlap; points repeat.
/// </summary>
public interface ILiveSource
{
    /// <summary>Time between polls, as the service's guide recommends. Shorter wastes calls, longer misses points.</summary>
    TimeSpan Every { get; }

    /// <summary>How far back a poll sees; zero for a source that shows the moment only.</summary>
    TimeSpan Reach { get; }

    /// <summary>How long a point takes until the service shows it: a poll speaks for nothing newer.</summary>
    TimeSpan Delay { get; }

    /// <summary>API calls expected in a minute, when nothing has to be repeated.</summary>
    int CallsPerMinute { get; }

    /// <summary>The columns that answers are known to have; they may bring more.</summary>
    TableSchema Schema { get; }

    /// <summary>Asks once.</summary>
    /// <exception cref="Errors.EtlException">The answer is no good, after the retries that make sense. The next poll may be better.</exception>
    Task<LivePoll> PollAsync(LiveRequest request, CancellationToken cancellation);
}

/// <summary>Makes live sources; one per account.</summary>
public interface ILiveSourceFactory
{
    /// <summary>Makes the live source of a spec.</summary>
    /// <exception cref="Errors.EtlException">The source is not a live one, or settings are missing.</exception>
    ILiveSource CreateLive(SourceSpec spec, string account);
}

/// <summary>One poll.</summary>
/// <param name="Job">Name of the job, for messages and captures.</param>
/// <param name="Account">Account asked.</param>
/// <param name="At">Now.</param>
/// <param name="SchemaPolicy">What to do with columns that are not known.</param>
public sealed record LiveRequest(string Job, string Account, DateTimeOffset At, SchemaPolicy SchemaPolicy = SchemaPolicy.Evolve);

/// <summary>What one poll brought.</summary>
public sealed record LivePoll
{
    public required TableSchema Schema { get; init; }

    /// <summary>The points, as rows; those that cannot be typed are marked.</summary>
    public required RowBatch Rows { get; init; }

    /// <summary>The time of each row: decides the minute that it belongs to.</summary>
    public required IReadOnlyList<DateTimeOffset> Times { get; init; }

    /// <summary>The stretches of time that the poll speaks for: points in them that exist are among the rows.</summary>
    public required IReadOnlyList<TimeSlice> Covers { get; init; }

    /// <summary>True when each covered minute is a whole answer, which replaces an earlier one; otherwise points add up, the latest of a key winning.</summary>
    public bool ReplacesMinutes { get; init; }

    /// <summary>Why the answer counts as whole.</summary>
    public IReadOnlyList<ChainProof> Chains { get; init; } = [];

    /// <summary>Things a careful reader should know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Masked bodies of the replies.</summary>
    public IReadOnlyList<LiveBody> Bodies { get; init; } = [];

    /// <summary>API calls made, retries included.</summary>
    public int Calls { get; init; }

    /// <summary>Decoded body bytes.</summary>
    public long Bytes { get; init; }
}

/// <summary>The body of one reply, without credentials.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Bytes">Decoded bytes.</param>
/// <param name="Fault">How it ended when it did not end well; otherwise null.</param>
public sealed record LiveBody(RawRequest Request, ReadOnlyMemory<byte> Bytes, RawFault? Fault = null);
