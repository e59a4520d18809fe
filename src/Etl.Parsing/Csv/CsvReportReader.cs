using System.Globalization;
using CsvHelper;
using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>
/// Reads the files that getUrlForReportAsCsv leads to (wire facts 4.1), row by row, never whole. Grammar, every cell quoted:
/// <code>
/// title  from,to  text  dashes  ""
/// [dashes "# Graph" dashes "" (label,value)*]
/// ["" dashes "# Total" dashes labels values]
/// ["" dashes "# Table","","Total Count",n dashes labels row*]
/// </code>
/// With no rows the whole table section is missing. The file ends with a line feed.
/// </summary>
public static class CsvReportReader
{
    /// <summary>Reads one file to its end.</summary>
    /// <param name="file">The file; not closed.</param>
    /// <param name="options">Limits.</param>
    /// <param name="bind">Called once when the table's labels are known, not at all without a table. Labels are the request's own and stand by position.</param>
    /// <param name="take">Gets each batch, valid until the returned task ends; rows with a cell that could not be typed are marked as refused.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="ReportFormatException">The file is not a whole and sound report.</exception>
    public static async Task<CsvReport> ReadAsync(
        Stream file,
        CsvReadOptions options,
        Func<IReadOnlyList<string>, TablePlan> bind,
        Func<RowBatch, CancellationToken, ValueTask> take,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var bytes = new CheckedStream(file, options.MaxFileBytes);
        if (await bytes.InspectAsync(cancellation).ConfigureAwait(false) is { } error)
            return new CsvReport { Error = error, Bytes = bytes.Bytes, Sha256 = bytes.Hash() };
        using var records = new RecordReader(bytes, options, CsvMode.Rfc4180);
        var report = await ReadHeadAsync(records, cancellation).ConfigureAwait(false);
        var rows = 0L;
        while (await FindSectionAsync(records, cancellation).ConfigureAwait(false) is { } section)
        {
            switch (section[0])
            {
                case "# Graph":
                    report = report with { Graph = await ReadGraphAsync(records, cancellation).ConfigureAwait(false) };
                    break;
                case "# Total":
                    var labels = await records.NeedAsync("labels of the totals", cancellation).ConfigureAwait(false);
                    var cells = await records.NeedAsync("totals", cancellation).ConfigureAwait(false);
                    if (labels.Length != cells.Length) throw records.BadRow($"The totals have {cells.Length} cells under {labels.Length} labels");
                    report = report with { Totals = new CsvTotals(labels, cells) };
                    break;
                case "# Table" when section.Length == 4 && long.TryParse(section[3], NumberStyles.None, CultureInfo.InvariantCulture, out var announced):
                    var header = await records.NeedAsync("labels of the table", cancellation).ConfigureAwait(false);
                    if (header.Length > options.MaxColumns)
                        throw new ReportFormatException(ReportFormatException.TooLarge, $"The table has {header.Length} labels; the limit is {options.MaxColumns}.");
                    var sink = new RecordSink(header, options, bind, take);
                    await ReadRowsAsync(records, header.Length, options.Unguard, sink, cancellation).ConfigureAwait(false);
                    report = report with { Header = header, AnnouncedRows = announced };
                    rows = sink.Rows;
                    break;
                default:
                    throw records.BadLayout("a section title");
            }
        }
        records.CheckEnd();
        return report with { Rows = rows, Bytes = bytes.Bytes, Sha256 = bytes.Hash() };
    }

    /// <summary>
    /// Takes the guard off a cell: the service writes an apostrophe before a cell that begins with one of <c>+ - = @ ,</c> (negative numbers
    /// too), after it removed all quotes and apostrophes from it. A cell that begins so is always guarded.
    /// </summary>
    public static string Unguard(string cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return cell.Length > 1 && cell[0] == '\'' && cell[1] is '+' or '-' or '=' or '@' or ',' ? cell[1..] : cell;
    }

    /// <inheritdoc cref="Unguard(string)"/>
    public static ReadOnlySpan<byte> Unguard(ReadOnlySpan<byte> cell) =>
        cell.Length > 1 && cell[0] == (byte)'\'' && cell[1] is (byte)'+' or (byte)'-' or (byte)'=' or (byte)'@' or (byte)',' ? cell[1..] : cell;

    private static async Task<CsvReport> ReadHeadAsync(RecordReader records, CancellationToken cancellation)
    {
        var title = await records.NeedAsync("title", cancellation).ConfigureAwait(false);
        var dates = await records.NeedAsync("dates", cancellation).ConfigureAwait(false);
        if (title.Length != 1 || dates.Length != 2) throw records.BadLayout("a title and two dates");
        var text = await records.NeedAsync("text", cancellation).ConfigureAwait(false);
        var dashes = await records.NeedAsync("dashes", cancellation).ConfigureAwait(false);
        if (text.Length != 1 || !IsDashes(dashes)) throw records.BadLayout("the report's text and a dashed line");
        return new CsvReport { Title = title[0], From = dates[0], To = dates[1], Text = text[0] };
    }

    // Skips to the next section and over the dashed lines about its title; null at the end of the file.
    private static async Task<string[]?> FindSectionAsync(RecordReader records, CancellationToken cancellation)
    {
        while (await records.NextAsync(cancellation).ConfigureAwait(false) is { } record)
        {
            if (IsBlank(record)) continue;
            if (!IsDashes(record)) throw records.BadLayout("a dashed line");
            var title = await records.NeedAsync("section title", cancellation).ConfigureAwait(false);
            if (!IsDashes(await records.NeedAsync("dashes", cancellation).ConfigureAwait(false))) throw records.BadLayout("a dashed line");
            return title;
        }
        return null;
    }

    private static async Task<IReadOnlyList<KeyValuePair<string, string>>?> ReadGraphAsync(RecordReader records, CancellationToken cancellation)
    {
        List<KeyValuePair<string, string>>? points = null;
        if (!IsBlank(await records.NeedAsync("empty line", cancellation).ConfigureAwait(false))) throw records.BadLayout("an empty line");
        while (await records.NextAsync(cancellation).ConfigureAwait(false) is { } record && !IsBlank(record))
        {
            if (record.Length != 2) throw records.BadLayout("a label and a value");
            (points ??= []).Add(new KeyValuePair<string, string>(record[0], record[1]));
        }
        return points;
    }

    private static async Task ReadRowsAsync(RecordReader records, int cells, bool unguard, RecordSink sink, CancellationToken cancellation)
    {
        RawRow.CellOf cell = i => unguard ? Unguard(records.Cell(i)) : records.Cell(i);
        while (await records.MoveAsync(cancellation).ConfigureAwait(false))
        {
            if (records.CellCount != cells) throw records.BadRow($"Row {sink.Rows + 1} has {records.CellCount} cells under {cells} labels", sink.Rows + 1);
            for (var i = 0; i < cells; i++) sink.Cell(i, cell(i));
            sink.EndRow(cell);
            if (sink.IsFull) await sink.FlushAsync(cancellation).ConfigureAwait(false);
        }
        records.CheckEnd();
        await sink.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private static bool IsBlank(string[] record) => record.Length == 1 && record[0].Length == 0;

    private static bool IsDashes(string[] record) => record.Length == 1 && record[0].StartsWith("# ---", StringComparison.Ordinal);
}
