using Etl.Core.Columns;

namespace Etl.Landing.Audit.Report;

/// <summary>Which columns of a table tell who, what, where and how much: by the names that the catalogue has for them.</summary>
internal sealed class ReportColumns
{
    /// <summary>Names of people, most telling first. Ids come before names: two people may share a name.</summary>
    private static readonly string[] s_people = ["user_id", "kuser_id", "email", "full_name", "user_full_name", "user_name", "user_screen_name", "user", "first_name", "last_name"];
    private static readonly string[] s_content = ["entry_id", "entryId", "Entry Id", "entry_name", "Entry Name", "category_name", "playback_context"];
    private static readonly string[] s_places = ["country", "country.name", "region", "city", "city.name"];
    private static readonly string[] s_plays = ["count_plays", "play", "plays", "count plays", "views", "total_plays"];
    private static readonly string[] s_minutes = ["sum_time_viewed", "view_time", "sum_view_period", "total_view_time", "sum_minutes_viewed", "View Time (min)", "live_view_time", "meeting_view_time"];

    /// <summary>How far somebody got, in percent; the ratio that comes last is a share of 1.</summary>
    private static readonly string[] s_completion = ["total_completion_rate", "avg_completion_rate", "avg_vod_completion_rate", "avg_view_drop_off"];

    /// <summary>Plays that reached each quarter.</summary>
    private static readonly string[] s_quartiles = ["count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100"];

    private readonly TableSchema _schema;

    public ReportColumns(TableSchema schema)
    {
        _schema = schema;
        People = All(s_people);
        Content = All(s_content);
        Places = All(s_places);
        // Of report 13 and its kin 'name' is the user and of others the object; 'object_id' is the entry where its name stands beside it.
        if (schema.IndexOf("name") is >= 0 and var name && Content.Count == 0 && Places.Count == 0) People = [name, .. People];
        if (schema.IndexOf("object_id") is >= 0 and var id && Places.Count == 0)
        {
            if (Content.Count > 0) Content = [id, .. Content];
            else if (People.Count > 0) People = [id, .. People];
        }
        Plays = First(s_plays);
        Minutes = First(s_minutes);
        Completion = First(s_completion);
        Quartiles = All(s_quartiles) is { Count: 4 } all ? all : [];
    }

    public IReadOnlyList<int> People { get; }

    public IReadOnlyList<int> Content { get; }

    public IReadOnlyList<int> Places { get; }

    /// <summary>Index of the number of plays, or -1.</summary>
    public int Plays { get; }

    /// <summary>Index of the time watched, or -1.</summary>
    public int Minutes { get; }

    /// <summary>Index of how far it was watched, or -1.</summary>
    public int Completion { get; }

    /// <summary>Plays that reached 25, 50, 75 and 100 percent; empty without all four.</summary>
    public IReadOnlyList<int> Quartiles { get; }

    /// <summary>The columns that the table of watchers shows: labels, then figures.</summary>
    public IReadOnlyList<int> Shown
    {
        get
        {
            List<int> labels = [.. People, .. Content, .. Places];
            // A report about something else shows what its rows are about.
            if (labels.Count == 0) labels = [.. Enumerable.Range(0, _schema.Columns.Count).Where(i => _schema.Columns[i].Role == ColumnRole.Dimension).Take(3)];
            List<int> figures = [.. new[] { Plays, Minutes, Completion }.Where(c => c >= 0)];
            if (figures.Count == 0) figures = [.. Enumerable.Range(0, _schema.Columns.Count).Where(i => _schema.Columns[i].Role == ColumnRole.Metric).Take(3)];
            return [.. labels, .. figures];
        }
    }

    /// <summary>What the table of watchers is called.</summary>
    public string Title => (People.Count > 0, Content.Count > 0, Places.Count > 0) switch
    {
        (true, true, _) => "Who watched what",
        (true, _, _) => "Who watched",
        (_, true, _) => "What was watched",
        (_, _, true) => "Where it was watched",
        _ => "The rows",
    };

    /// <summary>Name of a column.</summary>
    public string NameOf(int column) => _schema.Columns[column].Name;

    /// <summary>How far a row's cell says it was watched, 0 to 100; null for none.</summary>
    public double? CompletionOf(RowBatch batch, int row)
    {
        if (Completion < 0 || Number(batch[Completion], row) is not { } value || !double.IsFinite(value)) return null;
        return _schema.Columns[Completion].Name == "avg_view_drop_off" ? value * 100 : value;
    }

    /// <summary>A cell as a number; null for an empty one or a text.</summary>
    public static double? Number(ColumnBuffer cells, int row) => cells.IsNull(row) ? null : cells switch
    {
        FixedBuffer<double> reals => reals.Values[row],
        FixedBuffer<long> longs => longs.Values[row],
        FixedBuffer<int> ints => ints.Values[row],
        _ => null,
    };

    private List<int> All(string[] names) => [.. names.Select(_schema.IndexOf).Where(i => i >= 0)];

    private int First(string[] names) => names.Select(_schema.IndexOf).FirstOrDefault(i => i >= 0, -1);
}
