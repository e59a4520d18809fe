namespace Etl.Parsing;

/// <summary>What a getUrlForReportAsCsv file held beside its table rows.</summary>
public sealed record CsvReport
{
    /// <summary>The request's title.</summary>
    public string Title { get; init; } = "";

    /// <summary>First day in words, in UTC: <c>Tuesday, July 1, 2025</c>.</summary>
    public string From { get; init; } = "";

    /// <summary>Last day in words.</summary>
    public string To { get; init; } = "";

    /// <summary>The request's text.</summary>
    public string Text { get; init; } = "";

    /// <summary>Label and value of each graph point; null when there were none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Graph { get; init; }

    /// <summary>The totals; null when the section is missing.</summary>
    public CsvTotals? Totals { get; init; }

    /// <summary>Labels over the table; null when the section is missing, which is how the service says that there are no rows.</summary>
    public IReadOnlyList<string>? Header { get; init; }

    /// <summary>The count in the table's title: rows of the whole report, not of this file, so more than <see cref="Rows"/> on any page but the only one.</summary>
    public long? AnnouncedRows { get; init; }

    /// <summary>Rows handed out.</summary>
    public long Rows { get; init; }

    /// <summary>Bytes of the file.</summary>
    public long Bytes { get; init; }

    /// <summary>SHA-256 of those bytes, lower-case hex.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>The error object that came instead of a file.</summary>
    public ServiceError? Error { get; init; }
}

/// <summary>The totals section, cells as they stand in the file: guarded.</summary>
/// <param name="Header">The labels that the request gave.</param>
/// <param name="Row">As many cells.</param>
public sealed record CsvTotals(IReadOnlyList<string> Header, IReadOnlyList<string> Row)
{
    /// <summary>The cells without their guards.</summary>
    public IReadOnlyList<string> Unguarded => [.. Row.Select(CsvReportReader.Unguard)];
}

/// <summary>What a file with a header and rows was, beside its rows: of getCsvFromStringParams, or of the reports microservice.</summary>
public sealed record CustomCsv
{
    /// <summary>Column names; null when an error came instead.</summary>
    public IReadOnlyList<string>? Header { get; init; }

    /// <summary>Rows handed out. Exactly 100,000 rows of getCsvFromStringParams mean that the service probably cut the file: it leaves no mark.</summary>
    public long Rows { get; init; }

    /// <summary>True when the last line has no line feed.</summary>
    public bool HasOpenEnd { get; init; }

    /// <summary>Bytes of the file.</summary>
    public long Bytes { get; init; }

    /// <summary>SHA-256 of those bytes, lower-case hex.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>The error object that came instead of a file.</summary>
    public ServiceError? Error { get; init; }
}
