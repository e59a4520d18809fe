using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Text;

namespace Etl.Landing.Exports.Joining;

/// <summary>The columns of a source that an export reads, with the narrowest types that hold what any of its landed windows has.</summary>
internal sealed class SourceColumns
{
    private const int MostNamed = 30;

    /// <summary>Looks for the columns in the landed windows.</summary>
    /// <param name="job">Name of the job.</param>
    /// <param name="export">The export.</param>
    /// <param name="source">Its source.</param>
    /// <param name="windows">The source's landed windows.</param>
    /// <exception cref="EtlException">The source has rows, and no window of it has a column that the export names.</exception>
    public SourceColumns(string job, ExportSpec export, ExportSource source, IReadOnlyList<RowsOfWindow> windows)
    {
        // Read as text, whatever they are: names, and what is compared with words of the job.
        var texts = new[] { source.Email, source.User, export.Leave.Consent is { } consent && consent.Source == source.Source ? consent.Column : null }
            .Concat(export.Measures.Where(m => m.Source == source.Source).Select(m => m.Where?.Column))
            .OfType<string>().ToHashSet(StringComparer.Ordinal);
        var values = export.Columns.Select(c => c.Value).OfType<SourceValue>().Where(v => v.Source == source.Source).Select(v => v.Column);
        var measured = export.Measures.Where(m => m.Source == source.Source).Select(m => m.Column).OfType<string>();

        var columns = new List<Column>();
        foreach (var name in texts.Concat(values).Concat(measured).Distinct(StringComparer.Ordinal))
        {
            var types = windows.Select(w => w.Record.Schema).Where(s => s.IndexOf(name) >= 0).Select(s => s.Columns[s.IndexOf(name)].Type).ToList();
            if (types.Count == 0 && windows.Any(w => w.Record.Stamp.Rows > 0)) throw Missing(job, export, source.Source, name, windows);
            columns.Add(new Column(name, texts.Contains(name) || types.Count == 0 ? ColumnType.Text : types.Aggregate(CommonColumns.TypeOf)));
        }
        // A source of which only rows are counted still needs rows.
        Schema = new TableSchema(columns);
    }

    /// <summary>The columns.</summary>
    public TableSchema Schema { get; }

    private static EtlException Missing(string job, ExportSpec export, string source, string name, IReadOnlyList<RowsOfWindow> windows)
    {
        var there = windows.SelectMany(w => w.Record.Schema.Columns).Select(c => c.Name).Distinct(StringComparer.Ordinal).ToList();
        var list = string.Join(", ", there.Take(MostNamed).Select(c => $"'{c}'")) + (there.Count > MostNamed ? ", …" : "");
        return new EtlException(
            FaultKind.Usage,
            $"Export '{export.Name}' of job '{job}' names column '{source}.{name}', and no landed row of source '{source}' has it.{Nearest.Hint(name, there)} It has {list}. Nothing was written.")
            { Code = "export-column" };
    }
}
