namespace Etl.Landing.Audit.Verify;

/// <summary>How a log was found.</summary>
public sealed record AuditVerdict
{
    /// <summary>
    /// <c>ok</c>; <c>erased</c>: ok, and files that signed entries name are gone; <c>quick</c>: nothing wrong was seen, but files' contents were not read; <c>gaps</c>: everything there is right, but windows are
    /// missing between snapshots; <c>empty</c>: there is no checkpoint, so that nothing can be told; <c>tampered</c>.
    /// </summary>
    public required string Word { get; init; }

    /// <summary>0 for ok and erased, 1 for tampered, 3 for what was not fully checked: quick, gaps, empty.</summary>
    public int Exit => Word switch { "ok" or "erased" => 0, "tampered" => 1, _ => 3 };

    /// <summary>What is wrong, the cause first; at most <see cref="AuditVerifier.MostFindings"/>.</summary>
    public IReadOnlyList<AuditFinding> Findings { get; init; } = [];

    /// <summary>Sentences that a reader should know and that are no fault.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Windows without a snapshot between snapshots of the same job, source and account.</summary>
    public IReadOnlyList<MissingWindows> Missing { get; init; } = [];

    /// <summary>Files that are gone lawfully.</summary>
    public IReadOnlyList<ErasedFile> Erased { get; init; } = [];

    /// <summary>Name of the log; null when there is no checkpoint.</summary>
    public string? Origin { get; init; }

    /// <summary>Entries that the checkpoint stands for.</summary>
    public long Entries { get; init; }

    /// <summary>How many of them are snapshots.</summary>
    public long Snapshots { get; init; }

    /// <summary>Files whose bytes were read and hashed.</summary>
    public long FilesRead { get; init; }

    /// <summary>Their bytes.</summary>
    public long BytesRead { get; init; }

    /// <summary>Fingerprints of the keys that signed, in order.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Fingerprint that the keys were compared with; null when none was given and none is pinned.</summary>
    public string? ExpectedKey { get; init; }

    /// <summary>Newest time that a time stamp proves, and for how many entries; null when there is no time stamp.</summary>
    public ProvenTime? Proven { get; init; }
}

/// <summary>Something wrong.</summary>
/// <param name="Where">File or entry, relative to the log.</param>
/// <param name="Message">A whole sentence.</param>
public sealed record AuditFinding(string Where, string Message);

/// <summary>Time without a snapshot.</summary>
/// <param name="Job">Job.</param>
/// <param name="Source">Source in the job.</param>
/// <param name="Account">Account.</param>
/// <param name="From">First instant without.</param>
/// <param name="To">First instant with a snapshot again.</param>
/// <param name="Labels">Labels of the windows; empty when they cannot be told.</param>
public sealed record MissingWindows(string Job, string Source, string Account, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Labels);

/// <summary>A file that is gone lawfully.</summary>
/// <param name="Snapshot">Sequence of its snapshot.</param>
/// <param name="Path">Path in the snapshot.</param>
/// <param name="By">Sequence of the entry that erased it.</param>
public sealed record ErasedFile(long Snapshot, string Path, long By);

/// <summary>What a time stamp says.</summary>
/// <param name="Entries">The first so many entries existed then.</param>
/// <param name="Time">When.</param>
/// <param name="Authority">Who says so, by its own certificate.</param>
public sealed record ProvenTime(long Entries, DateTimeOffset Time, string Authority);

/// <summary>How far a verification is.</summary>
/// <param name="Doing"><c>entries</c> or <c>files</c>.</param>
/// <param name="Done">Done.</param>
/// <param name="Total">Of so many.</param>
public readonly record struct AuditProgress(string Doing, long Done, long Total);
