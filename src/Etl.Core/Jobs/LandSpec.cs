namespace Etl.Core.Jobs;

/// <summary>Where the rows of one source land.</summary>
public abstract record LandSpec
{
    /// <summary>Name of the source whose rows land here.</summary>
    public string From { get; init; } = SourceSpec.MainName;
}

/// <summary>A Parquet dataset: one file per window under <c>parquet/&lt;dataset&gt;/</c>.</summary>
public sealed record ParquetLandSpec : LandSpec
{
    /// <summary>Folder name: letters, digits, <c>_</c>, <c>-</c> and <c>.</c>.</summary>
    public required string Dataset { get; init; }

    /// <summary>Named store, or null for the data folder.</summary>
    public string? Store { get; init; }

    /// <summary><c>snappy</c> (default), <c>gzip</c> or <c>none</c>.</summary>
    public string Codec { get; init; } = "snappy";
}

/// <summary>How rows of a pull replace rows in a table.</summary>
public enum LandMode
{
    /// <summary>Delete the window, insert the pull, in one transaction.</summary>
    ReplaceWindow,
    /// <summary>Insert or update by key, and delete keys of the window that are gone.</summary>
    Merge,
    /// <summary>Keep every pull's rows; a view shows the newest.</summary>
    Append,
    /// <summary>Slowly changing dimension, type 2.</summary>
    History,
}

/// <summary>A table of an SQL database.</summary>
public sealed record TableLandSpec : LandSpec
{
    /// <summary>Default of <see cref="Connection"/>.</summary>
    public const string DefaultConnection = "warehouse";

    /// <summary>Name of a connection in the settings.</summary>
    public string Connection { get; init; } = DefaultConnection;

    /// <summary>Table name, optionally <c>schema.table</c>.</summary>
    public required string Table { get; init; }

    /// <summary>Columns indexed as the row key; empty for none.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    public LandMode Mode { get; init; } = LandMode.ReplaceWindow;

    /// <summary>The job's steps on this connection, in order: made anew with every landing that they depend on.</summary>
    public IReadOnlyList<DeriveSpec> Derive { get; init; } = [];
}

/// <summary>Rows of one source that an export joins: kept apart from all that people read, one file a window, under <c>&lt;data&gt;/exports/.rows</c>.</summary>
public sealed record ExportRowsLandSpec : LandSpec
{
    /// <summary>The job whose export it is.</summary>
    public required string Job { get; init; }

    /// <summary>Name of the export.</summary>
    public required string Export { get; init; }
}

/// <summary>Audit snapshots: each landed pull with its raw replies and proof, in an append-only signed log.</summary>
public sealed record AuditLandSpec : LandSpec
{
    /// <summary>Name of the log, a folder under <c>&lt;data&gt;/audit</c>; several jobs may share one.</summary>
    public required string Log { get; init; }

    /// <summary>Named store, or null for the data folder.</summary>
    public string? Store { get; init; }

    /// <summary>How long the files of a snapshot have to be kept; null for ever. After that <c>etl audit erase --expired</c> may remove them.</summary>
    public AuditRetention? Retention { get; init; }
}
