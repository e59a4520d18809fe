namespace Etl.Parsing;

/// <summary>What a getTable reply was, beside its rows.</summary>
public sealed record TableReply
{
    /// <summary>Column names in the order of the reply; null when the service left the header out.</summary>
    public IReadOnlyList<string>? Header { get; init; }

    /// <summary>True when <c>data</c> was there and not null (it may be the empty text: a known-empty table).</summary>
    public bool HasData { get; init; }

    /// <summary>
    /// True when <c>data</c> was null, or absent beside a header or a count: the service nulls a text that holds one invalid byte,
    /// so this is its encoding failure, not an empty table.
    /// </summary>
    public bool DataIsNull { get; init; }

    /// <summary>Rows handed out.</summary>
    public long Rows { get; init; }

    /// <summary>The service's count; may be absent, zero beside rows, or an estimate.</summary>
    public long? TotalCount { get; init; }

    /// <summary>Bytes of the decoded body.</summary>
    public long Bytes { get; init; }

    /// <summary>SHA-256 of those bytes, lower-case hex; empty where <see cref="ReportTableOptions.Hash"/> is off.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>The error object that came instead of a table.</summary>
    public ServiceError? Error { get; init; }

    /// <summary>
    /// Header, data and count all absent and no error: what the service sends for an ordinary label table without rows, and for a
    /// page beyond the end.
    /// </summary>
    public bool IsAllAbsent => Header is null && !HasData && !DataIsNull && TotalCount is null && Error is null;
}
