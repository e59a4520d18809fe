namespace Etl.Core.Catalog;

/// <summary>What is known about the service's reports, columns and filters, without asking it.</summary>
public interface ICatalog
{
    /// <summary>All reports, in the order of the catalogue.</summary>
    IReadOnlyList<ReportType> Reports { get; }

    /// <summary>All columns by name.</summary>
    IReadOnlyDictionary<string, ColumnFact> Columns { get; }

    /// <summary>All filter fields by name.</summary>
    IReadOnlyDictionary<string, FilterField> Filters { get; }

    /// <summary>Finds a report by id (<c>38</c>), name (<c>TOP_CONTENT_CREATOR</c>, any case) or alias; null when unknown.</summary>
    ReportType? FindReport(string nameOrId);

    /// <summary>Names near to an unknown report, best first.</summary>
    IReadOnlyList<string> NearestReports(string nameOrId, int count = 3);
}

/// <summary>One report of the service: its columns, what it can do, its caps and quirks.</summary>
public sealed record ReportType
{
    /// <summary>Id as the service takes it: a number, or a dotted name for plugin and live reports.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the enumeration value.</summary>
    public required string Name { get; init; }

    public string Family { get; init; } = "";
    public string Description { get; init; } = "";

    /// <summary>Label columns of the table, in order.</summary>
    public IReadOnlyList<string> Dimensions { get; init; } = [];

    /// <summary>Metric columns of the table, in order.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>Columns of <c>getTotal</c>, in order.</summary>
    public IReadOnlyList<string> Totals { get; init; } = [];

    /// <summary>Graph ids of <c>getGraphs</c>.</summary>
    public IReadOnlyList<string> Graphs { get; init; } = [];

    /// <summary>Columns that identify a row; empty when rows have no key.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    public IReadOnlyList<string> Aliases { get; init; } = [];
    public string? DefaultOrder { get; init; }
    public bool SupportsTable { get; init; }
    public bool SupportsTotal { get; init; }
    public bool SupportsGraphs { get; init; }
    public bool SupportsCsv { get; init; }

    /// <summary>Actions of the API that work for it.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];

    /// <summary>Most rows that one table request can reach; null when it is bounded otherwise (dates, percentiles).</summary>
    public int? MaxRows { get; init; }

    /// <summary>True when rows are dates (the first column is the date).</summary>
    public bool TimeSeries { get; init; }

    /// <summary>How it is asked for as a custom CSV; null when it is no such report.</summary>
    public CustomRequest? Custom { get; init; }

    /// <summary>How it is asked for as a background report; null when it is no such report.</summary>
    public BackgroundRequest? Background { get; init; }

    public string? GraphShape { get; init; }
    public string? ObjectIdsMeaning { get; init; }

    /// <summary>When the service tells totalCount, in words.</summary>
    public string? TotalCount { get; init; }

    public string? PlaybackTypes { get; init; }
    public IReadOnlyList<string> DataSources { get; init; } = [];
    public bool CrossAccount { get; init; }

    /// <summary>The label column that names an account, in reports of a parent account whose rows are its child accounts; else null.</summary>
    public string? AccountColumn => !CrossAccount || !SupportsTable ? null
        : Dimensions.Contains("partner_id", StringComparer.Ordinal) ? "partner_id"
        : Dimensions is ["id"] ? "id" : null;

    /// <summary>False when the column lists come from documentation only and may differ.</summary>
    public bool ColumnsComplete { get; init; }

    /// <summary>Form of the date ids for each interval, in the catalogue's words.</summary>
    public IReadOnlyDictionary<string, string> TimeKeyFormats { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Variants { get; init; } = [];
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>How a pull past the cap may be split so that row keys cannot overlap, best first; empty when it cannot.</summary>
    public IReadOnlyList<SplitRule> Splits { get; init; } = [];

    /// <summary>True when a person reviewed <see cref="Splits"/> and <see cref="Key"/>.</summary>
    public bool SplitsReviewed { get; init; }
}

/// <summary>What a custom CSV report (<c>getCsvFromStringParams</c>) takes. Its definitions are not public: known from guides.</summary>
/// <param name="DatesAsIds">True for <c>from_date_id</c> and <c>to_date_id</c> (days, both included) with <c>timezone_offset</c>; false for <c>from_date</c> and <c>to_date</c> in unix seconds.</param>
/// <param name="Params">Further parameters that may be given.</param>
/// <param name="Required">Further parameters that must be given.</param>
/// <param name="Privilege">Privilege that the session needs, its value being the parameter of that name; null for none.</param>
/// <param name="DateColumn">Column with the day that a row belongs to, so that shorter ranges cannot share rows; null when there is none.</param>
public sealed record CustomRequest(
    bool DatesAsIds, IReadOnlyList<string> Params, IReadOnlyList<string> Required, string? Privilege = null, string? DateColumn = null);

/// <summary>Forms in which a background report takes the dates of a window.</summary>
public enum BackgroundDates
{
    /// <summary>Not at all: every pull holds all there is.</summary>
    None,
    /// <summary>Days as <c>YYYY-MM-DD</c>, first and last included.</summary>
    Iso,
    /// <summary>Unix seconds, the end excluded.</summary>
    Unix,
}

/// <summary>What a report of the reports microservice takes. Its definitions are not public: known from guides.</summary>
/// <param name="Dates">Form of its dates.</param>
/// <param name="From">Parameter of the first date, steps joined by dots; null without dates.</param>
/// <param name="To">Parameter of the last date.</param>
/// <param name="Lists">Parameters that are lists; each is sent, empty when the job does not give it.</param>
/// <param name="Texts">Parameters that are one text.</param>
/// <param name="Required">Of these, the ones that must be given.</param>
/// <param name="Privilege">Privilege that the session needs; null for none.</param>
/// <param name="PrivilegeFrom">Parameter that holds its value.</param>
/// <param name="TextColumns">Columns that are text here, whatever columns of that name are in other reports.</param>
public sealed record BackgroundRequest(
    BackgroundDates Dates, string? From, string? To, IReadOnlyList<string> Lists, IReadOnlyList<string> Texts, IReadOnlyList<string> Required,
    string? Privilege, string? PrivilegeFrom, IReadOnlyList<string> TextColumns);

/// <summary>Ways to split a pull.</summary>
public enum SplitKind
{
    /// <summary>Halve the range of a time-valued filter pair (<c>entryCreatedAt</c>).</summary>
    Range,
    /// <summary>Chunk the values of a list filter.</summary>
    Values,
    /// <summary>Shorter date ranges; only for date-keyed reports.</summary>
    Time,
}

/// <summary>One way to split a report past the cap.</summary>
/// <param name="Kind">How.</param>
/// <param name="Filter">Filter field (for a range: the stem before <c>GreaterThanOrEqual</c>); null for time.</param>
/// <param name="Column">For values: the column that holds them.</param>
/// <param name="FromReport">For values: the report that lists all of them; null when the report itself does.</param>
public sealed record SplitRule(SplitKind Kind, string? Filter = null, string? Column = null, string? FromReport = null);

/// <summary>What is known of a column, whichever report it stands in.</summary>
/// <param name="Name">The service's name.</param>
/// <param name="Type">Meaning: string, int64, double, minutes, seconds, bytes, ratio, percent, date, datetime.</param>
/// <param name="Storage">string, int64 or double.</param>
/// <param name="Unit">Unit in words, or null.</param>
/// <param name="Description">One sentence.</param>
/// <param name="IsMetric">Metric or dimension.</param>
/// <param name="Additivity">How it may be added up.</param>
/// <param name="RelativeToQuery">True when the value is relative to the maximum of its own query, so parts of a split cannot be put together.</param>
public sealed record ColumnFact(
    string Name, string Type, string Storage, string? Unit, string Description, bool IsMetric,
    Columns.Additivity Additivity, bool RelativeToQuery);

/// <summary>One field of the report filter.</summary>
/// <param name="Name">Field name.</param>
/// <param name="Type">int64, string, bool or an object type.</param>
/// <param name="Meaning">One sentence.</param>
/// <param name="MultiValue">True when it takes a list, joined with the request's delimiter.</param>
/// <param name="EndUserOnly">True when it exists only on the end-user filter type, which must then be named.</param>
/// <param name="CommaSeparated">True when its values are joined with a comma whatever the delimiter is.</param>
/// <param name="Deprecated">True when the service no longer reads it.</param>
public sealed record FilterField(
    string Name, string Type, string Meaning, bool MultiValue, bool EndUserOnly, bool CommaSeparated, bool Deprecated);
