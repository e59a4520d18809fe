namespace Etl.Core.Exports;

/// <summary>How an export stands.</summary>
public enum ExportState
{
    /// <summary>The number is taken; a file under it may be there or not.</summary>
    Begun,
    /// <summary>The file is there and waits to be delivered.</summary>
    Made,
    /// <summary>The receiver has it; its rows count as sent when it is accepted.</summary>
    Delivered,
    /// <summary>Accepted: later exports leave out what it held.</summary>
    Accepted,
    /// <summary>Given up: an attempt that died, or one that a newer accepted one covers.</summary>
    Dropped,
}

/// <summary>One file of an export, as the ledger has it.</summary>
public sealed record ExportRecord
{
    public required string Job { get; init; }
    public required string Export { get; init; }

    /// <summary>Number of the file, from 1, without repeats; a number whose attempt died stays unused.</summary>
    public required long Sequence { get; init; }

    public required ExportState State { get; init; }
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>File name; empty while <see cref="ExportState.Begun"/>.</summary>
    public string File { get; init; } = "";
    public long Bytes { get; init; }
    public long Rows { get; init; }

    /// <summary>SHA-256 of the file, hex.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>See <see cref="ILeadTable.Inputs"/>.</summary>
    public string Inputs { get; init; } = "";

    /// <summary>SHA-256 of the file that lists all leads as of this cut (key and content of each), hex: what a later delta leaves out once this one is accepted.</summary>
    public string Leads { get; init; } = "";

    /// <summary>Posts that the receiver has confirmed, for deliveries in batches.</summary>
    public int Batches { get; init; }

    public DateTimeOffset? AcceptedAt { get; init; }
}

/// <summary>What is remembered of exports. Kept with the ledger. All changes are conditional on the state that the caller saw, so that of two processes one wins.</summary>
public interface IExportStore
{
    /// <summary>Takes the next number.</summary>
    Task<ExportRecord> BeginExportAsync(string job, string export, CancellationToken cancellation);

    /// <summary>Stores a record in place of the same one with a state; false, with nothing changed, when it has another state by now.</summary>
    Task<bool> ChangeExportAsync(ExportRecord record, ExportState from, CancellationToken cancellation);

    /// <summary>Files of an export (of all where null) with a sequence of at least <paramref name="since"/>, by job, export and sequence.</summary>
    Task<IReadOnlyList<ExportRecord>> ExportsAsync(string? job, string? export, long since, CancellationToken cancellation);

    /// <summary>The newest accepted file of an export; null when none was.</summary>
    Task<ExportRecord?> LastAcceptedAsync(string job, string export, CancellationToken cancellation);
}
