using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>
/// Puts the graphs of an answer side by side: one row per date, per label, or per date and label. Points meet by that key,
/// never by position: empty dates are left out of each graph on its own (wire facts 3.2, 3.4), so the n-th points of two graphs need not be of one date.
/// </summary>
internal sealed class GraphJoin(PullContext pull, BoundTable table, GraphShape shape, string delimiter)
{
    private const int BatchRows = 4096;

    // The cells of each row, with the point that named its date first.
    private readonly Dictionary<(long Time, string Label), (string Date, string?[] Cells)> _rows = [];
    private readonly SideMap? _sideMap = table.Plan.Extra < 0 ? null : new SideMap([.. table.Header.Where((_, i) => table.Plan.Targets[i] < 0)]);
    private readonly int _lead = shape == GraphShape.Lines ? 2 : 1;

    /// <summary>Rows so far.</summary>
    public int Rows => _rows.Count;

    /// <summary>Takes all points of an answer whose graphs are the columns of the table.</summary>
    /// <exception cref="EtlException">A point has no key, or two points of one graph have the same.</exception>
    public void Add(GraphReply reply)
    {
        var columns = reply.Graphs.Select((name, i) => (name, i)).ToDictionary(g => g.name, g => g.i, StringComparer.Ordinal);
        foreach (var point in reply.Points) Add(point, columns[point.Graph]);
    }

    /// <summary>Writes the rows: by date, and within one date, or without dates, in the order in which labels first came.</summary>
    public async Task WriteAsync(IPullSink sink, DateSpill days, CancellationToken cancellation)
    {
        var batch = new RowBatch(table.Schema);
        var number = 0;
        foreach (var ((time, label), (date, cells)) in _rows.OrderBy(r => r.Key.Time))
        {
            Append(batch, time, label, date, cells, ++number);
            if (batch.RowCount < BatchRows) continue;
            await FlushAsync(batch, sink, days, cancellation).ConfigureAwait(false);
        }
        if (batch.RowCount > 0) await FlushAsync(batch, sink, days, cancellation).ConfigureAwait(false);
    }

    private static async ValueTask FlushAsync(RowBatch batch, IPullSink sink, DateSpill days, CancellationToken cancellation)
    {
        days.Add(batch);
        await sink.WriteAsync(batch, cancellation).ConfigureAwait(false);
        batch.Clear();
    }

    private void Add(GraphPoint point, int graph)
    {
        switch (shape)
        {
            case GraphShape.Dates:
                Put(graph, TimeOf(point), "", point.X, point.Y, point.Graph);
                break;
            case GraphShape.Lines:
                var time = TimeOf(point);
                var lines = GraphLines.Split(point.Y)
                    ?? throw pull.Fault("bad-row", $"the lines of graph '{point.Graph}' at '{point.X}' cannot be split into names and values.");
                foreach (var (name, value) in lines) Put(graph, time, name, point.X, value, point.Graph);
                break;
            default:
                // A label may hold the delimiter, and look like a date in front of it; a number never holds it.
                var whole = point.X + delimiter + point.Y;
                var cut = whole.LastIndexOf(delimiter, StringComparison.Ordinal);
                Put(graph, 0, whole[..cut], "", whole[(cut + delimiter.Length)..], point.Graph);
                break;
        }
    }

    private long TimeOf(GraphPoint point)
    {
        var format = table.Plan.Formats[0];
        return TextCell.TryTime(format, point.X, table.Plan.OffsetMinutes, out var time) ? time
            : throw pull.Fault("bad-date", $"a point of graph '{point.Graph}' is at '{Shorten(point.X)}', which {TextCell.Reason(format)}, so it belongs to no row.");
    }

    private void Put(int graph, long time, string label, string date, string value, string name)
    {
        if (!_rows.TryGetValue((time, label), out var row)) _rows.Add((time, label), row = (date, new string?[table.Header.Count - _lead]));
        var cells = row.Cells;
        if (cells[graph] is not null)
            throw pull.Fault("duplicate-key", $"graph '{name}' has two points for {Show(time, label)}; which one counts cannot be told.");
        cells[graph] = value;
    }

    private void Append(RowBatch batch, long time, string label, string date, string?[] cells, int number)
    {
        var column = 0;
        List<RefusedCell>? refused = null;
        if (shape.HasDates())
        {
            if (batch[column] is FixedBuffer<int> days) days.Append((int)time);
            else batch.Fixed<long>(column).Append(time);
            column++;
        }
        if (shape != GraphShape.Dates) TextCell.TryAppend(batch[column], CellFormat.Text, label, 0);
        var skipped = 0;
        for (var i = 0; i < cells.Length; i++)
        {
            var target = table.Plan.Targets[_lead + i];
            if (target < 0)
            {
                _sideMap?.Put(skipped++, cells[i] ?? "");
                continue;
            }
            var format = table.Plan.Formats[_lead + i];
            if (cells[i] is not { } cell) batch[target].AppendNull();
            else if (!TextCell.TryAppend(batch[target], format, cell, table.Plan.OffsetMinutes))
                (refused ??= []).Add(TextCell.Refused(table.Header[_lead + i], format, cell));
        }
        if (refused is not null) batch.Refuse(new RefusedRow(batch.RowCount - 1, number, RawRow.Of(Sent()), refused));

        IEnumerable<(string, string?)> Sent()
        {
            if (shape.HasDates()) yield return (table.Header[0], date);
            if (shape != GraphShape.Dates) yield return (table.Header[_lead - 1], label);
            for (var i = 0; i < cells.Length; i++) yield return (table.Header[_lead + i], cells[i]);
        }
        _sideMap?.EndRow(batch.Text(table.Plan.Extra));
    }

    private string Show(long time, string label)
    {
        var when = !shape.HasDates() ? "" : table.Schema.Columns[0].Type == ColumnType.Date
            ? DateOnly.FromDayNumber(new DateOnly(1970, 1, 1).DayNumber + (int)time).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)
            : DateTimeOffset.UnixEpoch.AddMicroseconds(time).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        return shape switch
        {
            GraphShape.Dates => when,
            GraphShape.Lines => $"'{Shorten(label)}' at {when}",
            _ => $"'{Shorten(label)}'",
        };
    }

    private static string Shorten(string text) => text.Length <= 100 ? text : string.Concat(text.AsSpan(0, 100), "…");
}
