using System.Text;
using Etl.Core.Columns;

namespace Etl.Parsing.Tests;

/// <summary>What reading a table gave: every cell as text again, null for a null.</summary>
/// <summary>A cell that could not be typed, with the row that it made one of quarantine.</summary>
public sealed record CellFault(long Row, string Column, string Raw, string Reason, string RawRow, long? Line = null)
{
    public static IEnumerable<CellFault> Of(RowBatch batch) =>
        batch.Refused.SelectMany(r => r.Cells.Select(c => new CellFault(r.Number, c.Column, c.Text, c.Reason, r.Raw, c.Line)));
}

public sealed record TableRead(TableReply Reply, List<string?[]> Rows, List<CellFault> Faults, List<int> BatchSizes);

/// <summary>Short ways to read tables in tests.</summary>
public static class Tables
{
    public static TablePlan AllText(IReadOnlyList<string> header) => Plan(header, [.. header.Select(_ => CellFormat.Text)]);

    public static TablePlan Some(IReadOnlyList<string> header, int[] columns) =>
        Plan(header, [.. header.Select((_, i) => columns.Contains(i) ? CellFormat.Text : CellFormat.Skip)]);

    public static TablePlan Plan(IReadOnlyList<string> header, CellFormat[] formats, int offsetMinutes = 0)
    {
        var columns = new List<Column>();
        var targets = new int[header.Count];
        for (var i = 0; i < header.Count; i++)
        {
            targets[i] = -1;
            if (CellFormats.TypeOf(formats[i]) is not { } type) continue;
            targets[i] = columns.Count;
            columns.Add(new Column(header[i], type));
        }
        return new TablePlan(new TableSchema(columns), formats, targets, offsetMinutes);
    }

    public static TableRead Read(byte[] body, ReportTableOptions? options = null, Func<IReadOnlyList<string>, TablePlan>? bind = null, int chunk = int.MaxValue) =>
        Read(new ReportTableReader(options ?? new ReportTableOptions()), new ChunkedStream(body, chunk), bind);

    public static TableRead Read(string body, ReportTableOptions? options = null, Func<IReadOnlyList<string>, TablePlan>? bind = null, int chunk = int.MaxValue) =>
        Read(Encoding.UTF8.GetBytes(body), options, bind, chunk);

    public static TableRead Read(ReportTableReader reader, Stream body, Func<IReadOnlyList<string>, TablePlan>? bind = null)
    {
        var rows = new List<string?[]>();
        var faults = new List<CellFault>();
        var sizes = new List<int>();
        var reply = reader.ReadAsync(
            body,
            bind ?? AllText,
            (batch, _) =>
            {
                sizes.Add(batch.RowCount);
                for (var row = 0; row < batch.RowCount; row++) rows.Add([.. Enumerable.Range(0, batch.Schema.Columns.Count).Select(c => Cell(batch, c, row))]);
                faults.AddRange(CellFault.Of(batch));
                return ValueTask.CompletedTask;
            },
            CancellationToken.None).GetAwaiter().GetResult();
        return new TableRead(reply, rows, faults, sizes);
    }

    public static ReportFormatException Refusal(string body, ReportTableOptions? options = null, int chunk = int.MaxValue, Func<IReadOnlyList<string>, TablePlan>? bind = null) =>
        Assert.Throws<ReportFormatException>(() => Read(body, options, bind, chunk));

    public static string? Cell(RowBatch batch, int column, int row)
    {
        var cells = batch[column];
        Assert.Equal(batch.RowCount, cells.Count);
        if (cells.IsNull(row)) return null;
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        return cells switch
        {
            TextBuffer text => Encoding.UTF8.GetString(text[row]),
            FixedBuffer<long> longs when batch.Schema.Columns[column].Type == ColumnType.Timestamp =>
                DateTime.UnixEpoch.AddTicks(longs.Values[row] * 10).ToString("yyyy-MM-ddTHH:mm:ss.ffffff", culture),
            FixedBuffer<long> longs => longs.Values[row].ToString(culture),
            FixedBuffer<int> days => DateOnly.FromDayNumber(days.Values[row] + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber).ToString("yyyy-MM-dd", culture),
            FixedBuffer<double> doubles => doubles.Values[row].ToString("R", culture),
            FixedBuffer<bool> flags => flags.Values[row] ? "true" : "false",
            _ => throw new NotSupportedException(),
        };
    }
}

/// <summary>A stream that gives at most so many bytes at a time.</summary>
public sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
{
    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, chunk)]);

    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, chunk));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<int>(Read(buffer.Span));
    }
}
