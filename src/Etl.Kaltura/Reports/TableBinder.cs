using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Kaltura.Catalog;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>A header with what its columns are.</summary>
internal sealed class BoundTable
{
    public required IReadOnlyList<string> Header { get; init; }
    public required TablePlan Plan { get; init; }

    /// <summary>What the header says that the catalogue does not, and the other way round.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Indexes of the key columns in the schema; empty when rows have no key.</summary>
    public required int[] Key { get; init; }

    /// <summary>Indexes of numeric columns whose sum over rows is the total.</summary>
    public required int[] Additive { get; init; }

    /// <summary>Indexes of columns whose values are relative to the maximum of their own query.</summary>
    public required int[] Relative { get; init; }

    public TableSchema Schema => Plan.Schema;
}

/// <summary>
/// Turns a header into columns: by name, never by position, and typed by the catalogue, never by looking at cells
/// (design: promise 5). A column that the catalogue does not know is text and follows the job's schema policy.
/// </summary>
internal sealed class TableBinder(ICatalog catalog, ReportType report, string interval, SchemaPolicy policy, int offsetMinutes)
{
    /// <summary>True for a request that changes the report's columns: then the catalogue promises none, and what was sent tells what a row is about.</summary>
    public bool IsVariant { get; init; }

    /// <summary>Names of columns that are text whatever the catalogue says.</summary>
    public IReadOnlyCollection<string> StaysText { get; init; } = [];

    private bool IsPromise => report.ColumnsComplete && !IsVariant;

    /// <summary>Binds the header of a table.</summary>
    public BoundTable Table(IReadOnlyList<string> header) => Bind(header, ExpectedTable(), KeyOf, ColumnOf);

    /// <summary>Binds the header of a total: one row without a key.</summary>
    public BoundTable Total(IReadOnlyList<string> header) => Bind(header, report.Totals, _ => [], ColumnOf);

    /// <summary>Binds the graphs of an answer: first the columns of what a point is at, which are the key, then one column per graph.</summary>
    /// <param name="graphs">Names of the graphs; empty when none came: then those that the catalogue promises.</param>
    /// <param name="shape">What a point is at.</param>
    public BoundTable Graphs(IReadOnlyList<string> graphs, GraphShape shape)
    {
        var isGuess = graphs.Count == 0;
        if (isGuess) graphs = report.Graphs;
        List<string> key = [];
        if (shape.HasDates()) key.Add(GraphFacts.DateColumnOf(report, interval));
        if (shape != GraphShape.Dates) key.Add(GraphFacts.LabelColumn);
        return Bind([.. key, .. graphs], [.. key, .. report.Graphs], _ => key, name => name == GraphFacts.LabelColumn && shape != GraphShape.Dates
            ? new ColumnFact(name, "string", "string", null, "What the point is about.", IsMetric: false, Additivity.None, RelativeToQuery: false)
            // The catalogue has such a graph as a container: its points are values of several metrics.
            : shape == GraphShape.Metrics && ColumnOf(name) is { } fact ? fact with { Type = "double", Storage = "double" } : ColumnOf(name), isGuess);
    }

    /// <summary>The columns that the catalogue promises: for a pull that brought no header.</summary>
    public BoundTable ExpectedTable(bool total = false) =>
        total ? Bind(report.Totals, report.Totals, _ => [], ColumnOf, isGuess: true) : Bind(ExpectedTable(), ExpectedTable(), KeyOf, ColumnOf, isGuess: true);

    private List<string> ExpectedTable()
    {
        var date = ReportFacts.DateColumn(interval);
        return [.. report.Dimensions.Select(d => ReportFacts.IsDateColumn(d) ? date : d), .. report.Metrics];
    }

    private ColumnFact? ColumnOf(string name) => catalog.ColumnOf(report, name);

    private BoundTable Bind(
        IReadOnlyList<string> header, IReadOnlyList<string> expected, Func<List<Column>, IReadOnlyList<string>> keyOf, Func<string, ColumnFact?> columnOf,
        bool isGuess = false)
    {
        CheckNames(header);
        List<Column> columns = [];
        List<string> notes = [];
        List<int> relative = [];
        List<string> extra = [];
        var formats = new CellFormat[header.Count];
        var targets = new int[header.Count];
        for (var i = 0; i < header.Count; i++)
        {
            var name = header[i];
            if (columnOf(name) is { } fact)
            {
                if (fact.RelativeToQuery) relative.Add(columns.Count);
                if (report.ColumnsComplete && !expected.Contains(name, StringComparer.Ordinal))
                    notes.Add($"Column '{name}' is not listed for report {report.Id}; it is typed as in other reports.");
                targets[i] = columns.Count;
                formats[i] = FormatOf(fact);
                if (formats[i] != CellFormat.Text && StaysText.Contains(name, StringComparer.Ordinal))
                {
                    notes.Add($"Column '{name}' landed as text before the catalogue knew it, and stays text. Land under another name and backfill to have its type.");
                    (formats[i], fact) = (CellFormat.Text, fact with { Additivity = Additivity.None });
                }
                columns.Add(ColumnOf(name, fact, formats[i]));
            }
            else if (policy == SchemaPolicy.Ignore)
            {
                (targets[i], formats[i]) = (-1, CellFormat.Skip);
                extra.Add(name);
                notes.Add($"Column '{name}' is not known and lands in '{SystemColumns.Extra.Name}' (schema: ignore).");
            }
            else
            {
                (targets[i], formats[i]) = (columns.Count, CellFormat.Text);
                columns.Add(new Column(name, ColumnType.Text, Known: false));
            }
        }
        List<Column> absent = [];
        foreach (var name in expected.Where(n => !header.Contains(n, StringComparer.Ordinal)))
        {
            notes.Add($"Column '{name}' was expected and not sent.");
            if (IsPromise && columnOf(name) is { } fact) absent.Add(ColumnOf(name, fact, FormatOf(fact)));
        }
        var key = keyOf(columns);
        var isKeyed = key.All(k => columns.Exists(c => c.Name == k));
        if (policy == SchemaPolicy.Ignore) columns.Add(SystemColumns.Extra);
        // A part of a key tells no rows apart.
        var schema = new TableSchema(columns, isKeyed ? key : [])
        {
            Drift = new SchemaDrift { Absent = absent, AbsentKey = [.. key.Where(k => absent.Exists(c => c.Name == k))], Extra = extra, IsGuess = isGuess },
        };
        return new BoundTable
        {
            Header = [.. header],
            Plan = new TablePlan(schema, formats, targets, offsetMinutes) { Extra = schema.IndexOf(SystemColumns.Extra.Name) },
            Notes = notes,
            Key = [.. schema.Key.Select(schema.IndexOf)],
            Additive = [.. Enumerable.Range(0, columns.Count).Where(i => columns[i] is { Additivity: Additivity.Full, Type: ColumnType.Int64 or ColumnType.Double })],
            Relative = [.. relative],
        };
    }

    /// <summary>
    /// The report's key, its date column being the one that was sent. A request that changes the labels (objectIds on some
    /// reports) changes the key too: then, and where the columns are known from documentation only, the labels that were sent identify a row.
    /// </summary>
    private List<string> KeyOf(List<Column> columns)
    {
        bool Sent(string name) => columns.Any(c => c.Name == name);
        var dates = columns.Where(c => ReportFacts.IsDateColumn(c.Name)).Select(c => c.Name).ToList();
        var key = report.Key.Select(k => ReportFacts.IsDateColumn(k) && dates.Count == 1 ? dates[0] : k).ToList();
        return key.Count == 0 || key.TrueForAll(Sent) || IsPromise ? key : [.. columns.Where(c => c is { Known: true, Role: ColumnRole.Dimension }).Select(c => c.Name)];
    }

    private static Column ColumnOf(string name, ColumnFact fact, CellFormat format) =>
        new(name, CellFormats.TypeOf(format)!.Value, fact.IsMetric ? ColumnRole.Metric : ColumnRole.Dimension, fact.Additivity, fact.Unit);

    private CellFormat FormatOf(ColumnFact fact) => fact switch
    {
        { Name: var name } when ReportFacts.IsDateColumn(name) => DateFormat(name),
        { Type: "datetime", Storage: "int64" } => CellFormat.UnixSeconds,
        { Storage: "int64" } => CellFormat.Integer,
        { Storage: "double" } => CellFormat.Number,
        _ => CellFormat.Text,
    };

    // The column's name decides before the interval: a server that ignores the interval sends another name (wire facts 3.4).
    private CellFormat DateFormat(string name)
    {
        var asked = name switch
        {
            "month_id" => "months",
            "year_id" => "years",
            _ => interval is "months" or "years" ? "days" : interval,
        };
        var form = report.TimeKeyFormats.GetValueOrDefault(asked) ?? report.TimeKeyFormats.GetValueOrDefault("any");
        return form switch
        {
            "YYYYMMDD" => CellFormat.DayId,
            "YYYYMM" => CellFormat.MonthId,
            "YYYY" => CellFormat.YearId,
            "YYYYMMDDHH" => CellFormat.HourId,
            "Unix s" => CellFormat.UnixSeconds,
            "ISO 8601 UTC" => CellFormat.IsoTimestamp,
            // Reports whose rows stay daily whatever finer interval is asked.
            _ => name switch { "month_id" => CellFormat.MonthId, "year_id" => CellFormat.YearId, _ => CellFormat.DayId },
        };
    }

    private void CheckNames(IReadOnlyList<string> header)
    {
        for (var i = 0; i < header.Count; i++)
        {
            if (header[i].Length == 0) throw BadHeader($"column {i + 1} has no name");
            for (var j = 0; j < i; j++)
                if (header[i] == header[j]) throw BadHeader($"'{header[i]}' occurs twice");
        }
    }

    private EtlException BadHeader(string found) =>
        new(FaultKind.Window, $"The header of report {report.Id} ({report.Name}) cannot be used: {found}.") { Code = "bad-header" };
}
