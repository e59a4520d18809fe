namespace Etl.Core.Columns;

/// <summary>How the columns that a source sent differ from those that were promised.</summary>
public sealed record SchemaDrift
{
    /// <summary>No difference.</summary>
    public static readonly SchemaDrift None = new();

    /// <summary>Columns that the catalogue promises and that were not sent: they land as nulls, behind the others.</summary>
    public IReadOnlyList<Column> Absent { get; init; } = [];

    /// <summary>Those of them that tell rows apart.</summary>
    public IReadOnlyList<string> AbsentKey { get; init; } = [];

    /// <summary>Names that are not known, whose values are in <see cref="SystemColumns.Extra"/>.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>True for objects, whose fields are not sent when they are empty: that a column did not come says nothing.</summary>
    public bool IsOpen { get; init; }

    /// <summary>True for an answer without rows that named no columns: these are the catalogue's, and say nothing of the service.</summary>
    public bool IsGuess { get; init; }
}
