using Etl.Core.Columns;

namespace Etl.Core.Sources;

/// <summary>A finished pull.</summary>
/// <param name="Schema">Columns of the rows.</param>
/// <param name="Rows">Rows handed over since the last start.</param>
/// <param name="Totals">The service's own totals of the same request by column name; null when the report has none.</param>
/// <param name="Proof">How completeness is known.</param>
public sealed record PullOutcome(TableSchema Schema, long Rows, IReadOnlyDictionary<string, double>? Totals, PullProof Proof);

/// <summary>Why a pull counts as complete. Stored in the ledger as JSON; <see cref="Version"/> grows when its form changes.</summary>
public sealed record PullProof
{
    /// <summary>Form of this record.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Page chains in the order pulled; more than one after a split.</summary>
    public IReadOnlyList<ChainProof> Chains { get; init; } = [];

    /// <summary>Why the pull was begun again, in order; empty when it was not.</summary>
    public IReadOnlyList<string> Restarts { get; init; } = [];

    /// <summary>How the pull was split past the cap, in words; empty when it was not.</summary>
    public IReadOnlyList<string> Splits { get; init; } = [];

    /// <summary>Things a careful reader should know: spilled date rows, relative columns set to null by a split.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>True when the service has nothing for this window and says so twice (no rows, and empty or zero totals).</summary>
    public bool KnownEmpty { get; init; }

    /// <summary>Parts of a live minute that no poll speaks for, in order; empty when all of it is covered, null for windows that are asked for.</summary>
    public IReadOnlyList<TimeSlice>? Gaps { get; init; }

    /// <summary>The service's own totals of the same request by column name; null when the report has none.</summary>
    public IReadOnlyDictionary<string, double>? Totals { get; init; }

    /// <summary>API calls made, retries included.</summary>
    public int Calls { get; init; }

    /// <summary>Decoded body bytes.</summary>
    public long Bytes { get; init; }
}

/// <summary>One chain of pages with one filter.</summary>
/// <param name="Part">What part of the window it holds, in words; empty for the whole.</param>
/// <param name="Pages">Pages in order.</param>
/// <param name="Stop">Why it ended: <c>short-page-matches-total</c>, <c>empty-page</c>, <c>known-empty</c>, <c>date-rows</c>, …</param>
public sealed record ChainProof(string Part, IReadOnlyList<PageProof> Pages, string Stop);

/// <summary>One page.</summary>
/// <param name="Number">From one.</param>
/// <param name="Asked">Rows asked for.</param>
/// <param name="Rows">Rows received.</param>
/// <param name="TotalCount">What the service said; null when absent.</param>
/// <param name="Bytes">Decoded body bytes.</param>
/// <param name="Sha256">Hash of the decoded body, hex.</param>
public sealed record PageProof(int Number, int Asked, long Rows, long? TotalCount, long Bytes, string Sha256);
