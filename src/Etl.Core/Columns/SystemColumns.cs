namespace Etl.Core.Columns;

/// <summary>The columns that every landed row carries beside the report's own (design: section 6).</summary>
public static class SystemColumns
{
    /// <summary>Label of the window that the row belongs to.</summary>
    public static readonly Column Window = new("_window", ColumnType.Text, ColumnRole.System);

    /// <summary>Id of the pull that brought the row.</summary>
    public static readonly Column Pull = new("_pull", ColumnType.Text, ColumnRole.System);

    /// <summary>When that pull began (UTC).</summary>
    public static readonly Column PulledAt = new("_pulled_at", ColumnType.Timestamp, ColumnRole.System);

    /// <summary>Account the row came from; only where a source names several accounts.</summary>
    public static readonly Column Account = new("_account", ColumnType.Text, ColumnRole.System);

    /// <summary>
    /// Identity of a row where a table compares rows by key (<see cref="Jobs.LandMode.Merge"/>, <see cref="Jobs.LandMode.History"/>): 32 hex
    /// digits of the hash of its key cells, or of all its report cells where the key is unresolved.
    /// </summary>
    public static readonly Column Key = new("_key", ColumnType.Text, ColumnRole.System);

    /// <summary>32 hex digits of the hash of a row's report cells (<see cref="Jobs.LandMode.History"/>): equal for equal versions.</summary>
    public static readonly Column Hash = new("_hash", ColumnType.Text, ColumnRole.System);

    /// <summary>First instant at which a version of a row holds (UTC).</summary>
    public static readonly Column ValidFrom = new("valid_from", ColumnType.Timestamp, ColumnRole.System);

    /// <summary>First instant at which it does not hold any more (UTC); null while it holds.</summary>
    public static readonly Column ValidTo = new("valid_to", ColumnType.Timestamp, ColumnRole.System);

    /// <summary>True while a version holds.</summary>
    public static readonly Column IsCurrent = new("is_current", ColumnType.Bool, ColumnRole.System);

    /// <summary>
    /// The side map of <c>schema: ignore</c>: what was sent under names that are not known, as a JSON object of texts sorted by name, without
    /// empty ones; null when there is nothing. Its content is the service's, so it counts in the content hash like any column of the report.
    /// </summary>
    public static readonly Column Extra = new("_extra", ColumnType.Text);

    /// <summary>True for the name of a column that etl adds.</summary>
    public static bool IsOne(string name) => name == Window.Name || name == Pull.Name || name == PulledAt.Name || name == Account.Name || name == Extra.Name;

    /// <summary>A report's schema with the system columns in front.</summary>
    public static TableSchema Extend(TableSchema report, bool withAccount = false) =>
        new([Window, Pull, PulledAt, .. withAccount ? [Account] : Array.Empty<Column>(), .. report.Columns], report.Key);
}
