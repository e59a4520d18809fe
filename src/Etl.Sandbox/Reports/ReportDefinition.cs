using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Reports;

/// <summary>Which rows of the account a report reads.</summary>
internal enum ReportSource
{
    /// <summary>Player events.</summary>
    Player,

    /// <summary>Entries created in the range.</summary>
    Lifecycle,

    /// <summary>Both, joined by owner (report 39).</summary>
    Join,

    /// <summary>What was added, deleted and is held (17, 18).</summary>
    Usage,
}

/// <summary>What <c>objectIds</c> filters.</summary>
internal enum ObjectIdMeaning
{
    Entry,
    Country,
    Domain,
    Source,
    Device,
    OperatingSystem,
    CustomVar1,
    CustomVar2,
    CustomVar3,
    Ignored,
}

/// <summary>How the graphs of a report look on the wire.</summary>
internal enum GraphShape
{
    /// <summary>x is a date.</summary>
    Dates,

    /// <summary>x is a metric name; one graph (2 and 14).</summary>
    MetricNames,

    /// <summary>x is a label (22, 23, 32, 33).</summary>
    Labels,

    /// <summary>x is a date, y a list of label:value (21).</summary>
    LinesByDate,
}

/// <summary>A report type that the sandbox computes: what the catalogue declares plus how rows come about.</summary>
internal sealed record ReportDefinition
{
    public required CatalogueReport Declared { get; init; }

    public int Id => Declared.Id;

    public ReportSource Source { get; init; }

    /// <summary>Null: a table of dates only.</summary>
    public Func<EventStore, Grouping>? Group { get; init; }

    /// <summary>Dimension after drill-down, when <c>objectIds</c> is sent.</summary>
    public Func<EventStore, Grouping>? DrillDown { get; init; }

    /// <summary>Label columns after drill-down.</summary>
    public IReadOnlyList<string> DrillDownLabels { get; init; } = [];

    public ObjectIdMeaning ObjectIds { get; init; }

    public GraphShape Graphs { get; init; }

    /// <summary>The header <c>unique_known_users</c> is bound to viewers (30, 34, 36, 37).</summary>
    public bool KnownUsersAreViewers { get; init; }

    /// <summary>totalCount is given also with the end-user filter.</summary>
    public bool CountForced { get; init; }

    /// <summary><c>interval=years</c> loses the date column: a server bug of tables with a column map.</summary>
    public bool YearsDropDate { get; init; }

    /// <summary>Playback types that the report is tied to; null: VOD unless <c>playbackTypeIn</c> says otherwise.</summary>
    public PlaybackKind[]? FixedPlayback { get; init; }

    /// <summary>Playback types do not matter: the data source lacks the dimension.</summary>
    public bool AnyPlayback { get; init; }

    /// <summary>Graphs are hourly whatever the request says (24).</summary>
    public bool HourlyGraphs { get; init; }

    /// <summary>useFriendlyHeadersNames adds an <c>email</c> column.</summary>
    public bool FriendlyEmail { get; init; }

    /// <summary>Covers the child accounts too (20001 to 20023).</summary>
    public bool AllAccounts { get; init; }

    public bool IsDateTable => Group is null;

    /// <summary>The interval that dates have when the request says <paramref name="asked"/>: usage stays daily below days.</summary>
    public Interval DatesBy(Interval asked) => Source == ReportSource.Usage && asked > Interval.Years ? Interval.Days : asked;

    public Metric? Metric(string column) => Metrics.Find(column, KnownUsersAreViewers);
}
