using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Landing.Sql.Ledger;

/// <summary>Rows as Dapper reads them: numbers as 64-bit, the rest as text, on every database.</summary>
internal abstract class KeyedRow
{
    public string Job { get; set; } = "";
    public string Source { get; set; } = "";
    public string Account { get; set; } = "";
    public string Label { get; set; } = "";
    public long Fence { get; set; }

    protected WindowKey Key => new(Job, Source, Account, Label);
}

internal sealed class WindowRow : KeyedRow
{
    public const string Columns = """
        job AS Job, source AS Source, account AS Account, label AS Label, from_utc AS FromUtc, to_utc AS ToUtc, state AS State,
        fence AS Fence, owner AS Owner, lease_until AS LeaseUntil, settled AS Settled, landed_pull AS LandedPull,
        landed_rows AS LandedRows, landed_hash AS LandedHash, landed_fence AS LandedFence, landed_at AS LandedAt,
        definition_hash AS DefinitionHash, held_pull AS HeldPull, equal_pulls AS EqualPulls, failures AS Failures, strikes AS Strikes, reason AS Reason,
        exit_code AS ExitCode
        """;

    public string FromUtc { get; set; } = "";
    public string ToUtc { get; set; } = "";
    public string State { get; set; } = "";
    public string? Owner { get; set; }
    public long? LeaseUntil { get; set; }
    public long Leased { get; set; }
    public long Settled { get; set; }
    public string? LandedPull { get; set; }
    public long? LandedRows { get; set; }
    public string? LandedHash { get; set; }
    public long LandedFence { get; set; }
    public string? LandedAt { get; set; }
    public string? DefinitionHash { get; set; }
    public string? HeldPull { get; set; }
    public long EqualPulls { get; set; }
    public long Failures { get; set; }
    public long Strikes { get; set; }
    public string? Reason { get; set; }
    public long? ExitCode { get; set; }

    public WindowRecord ToRecord() => new()
    {
        Key = Key,
        From = LedgerText.Instant(FromUtc),
        To = LedgerText.Instant(ToUtc),
        State = LedgerText.Read<WindowState>(State),
        Fence = Fence,
        Owner = Owner,
        LeaseUntil = LeaseUntil is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null,
        IsLeased = Leased != 0,
        Settled = (int)Settled,
        LandedPull = LandedPull,
        LandedRows = LandedRows,
        LandedHash = LandedHash,
        LandedFence = LandedFence,
        LandedAt = LedgerText.InstantOrNull(LandedAt),
        DefinitionHash = DefinitionHash,
        HeldPull = HeldPull,
        EqualPulls = (int)EqualPulls,
        Failures = (int)Failures,
        Strikes = (int)Strikes,
        Reason = Reason,
        ExitCode = (int?)ExitCode,
    };
}

internal sealed class PullRow : KeyedRow
{
    public const string Columns = """
        job AS Job, source AS Source, account AS Account, label AS Label, fence AS Fence, pull AS Pull, started_at AS StartedAt,
        ended_at AS EndedAt, row_count AS RowTotal, content_hash AS ContentHash, definition_hash AS DefinitionHash,
        schema_json AS SchemaJson, proof_json AS ProofJson, checks_json AS ChecksJson, quarantined AS Quarantined
        """;

    public string Pull { get; set; } = "";
    public string StartedAt { get; set; } = "";
    public string EndedAt { get; set; } = "";
    public long RowTotal { get; set; }
    public string ContentHash { get; set; } = "";
    public string DefinitionHash { get; set; } = "";
    public string SchemaJson { get; set; } = "";
    public string ProofJson { get; set; } = "";
    public string ChecksJson { get; set; } = "[]";
    public long Quarantined { get; set; }

    public PullRecord ToRecord() => new()
    {
        Pull = Pull,
        Key = Key,
        Fence = Fence,
        StartedAt = LedgerText.Instant(StartedAt),
        EndedAt = LedgerText.Instant(EndedAt),
        Rows = RowTotal,
        ContentHash = ContentHash,
        DefinitionHash = DefinitionHash,
        SchemaJson = SchemaJson,
        ProofJson = ProofJson,
        Quarantined = Quarantined,
        Checks = LedgerText.Checks(ChecksJson),
    };

    public PullSummary ToSummary() =>
        new(Key, Pull, LedgerText.Instant(StartedAt), LedgerText.Instant(EndedAt), RowTotal, Quarantined);
}

internal sealed class SchemaRow : KeyedRow
{
    public const string Columns =
        "job AS Job, source AS Source, account AS Account, label AS Label, pull AS Pull, started_at AS StartedAt, definition_hash AS DefinitionHash, schema_json AS SchemaJson";

    public string Pull { get; set; } = "";
    public string StartedAt { get; set; } = "";
    public string DefinitionHash { get; set; } = "";
    public string SchemaJson { get; set; } = "";

    public PullSchema ToRecord() => new(Key, Pull, LedgerText.Instant(StartedAt), DefinitionHash, SchemaJson);
}

internal sealed class LandingRow : KeyedRow
{
    public const string Columns = """
        job AS Job, source AS Source, account AS Account, label AS Label, fence AS Fence, pull AS Pull, target AS Target,
        location AS Location, row_count AS RowTotal, byte_count AS ByteTotal, outcome AS Outcome, landed_at AS LandedAt,
        restated_added AS Added, restated_removed AS Removed, restated_changed AS Changed
        """;

    public string Pull { get; set; } = "";
    public string Target { get; set; } = "";
    public string Location { get; set; } = "";
    public long RowTotal { get; set; }
    public long? ByteTotal { get; set; }
    public string Outcome { get; set; } = "";
    public string LandedAt { get; set; } = "";
    public long? Added { get; set; }
    public long? Removed { get; set; }
    public long? Changed { get; set; }

    public LandingRecord ToRecord() => new(
        Pull, Key, Target, Location, Fence, RowTotal, ByteTotal, LedgerText.Read<LandingOutcome>(Outcome), LedgerText.Instant(LandedAt))
    {
        Restated = Added is null ? null : new RestatedRows(Added.Value, Removed ?? 0, Changed ?? 0),
    };
}

internal sealed class StepRow : KeyedRow
{
    public const string Columns = """
        job AS Job, source AS Source, account AS Account, label AS Label, fence AS Fence, owner AS Owner, state AS State,
        pull AS Pull, detail AS Detail, at_utc AS AtUtc
        """;

    public string Owner { get; set; } = "";
    public string State { get; set; } = "";
    public string? Pull { get; set; }
    public string Detail { get; set; } = "";
    public string AtUtc { get; set; } = "";

    public StepRecord ToRecord() => new(
        Key, Fence, Owner, LedgerText.Read<WindowState>(State), Pull, Detail, LedgerText.Instant(AtUtc));
}

internal sealed class HandleRow
{
    public const string Columns = "definition_hash AS DefinitionHash, handle AS Value, made_at AS MadeAt, not_before AS NotBefore, reason AS Reason";

    public string DefinitionHash { get; set; } = "";
    public string? Value { get; set; }
    public string MadeAt { get; set; } = "";
    public string? NotBefore { get; set; }
    public string? Reason { get; set; }

    public HandleRecord ToRecord() =>
        new(DefinitionHash, new Handle(Value, LedgerText.Instant(MadeAt), LedgerText.InstantOrNull(NotBefore), Reason));
}
