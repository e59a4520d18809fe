using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Staging;
using Etl.Parsing;

namespace Etl.Benchmarks;

/// <summary>The rows of a seeded table body as a staged pull, and the same rows as CSV for tools that read that.</summary>
internal static class StagedRows
{
    /// <summary>The pull of a round; each round lands another one with a higher fence.</summary>
    internal static string Pull(int round) => FormattableString.Invariant($"20260302T000000Z-{round:D8}");

    internal static readonly Window Window = new(
        new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero), "2026-03-01", WindowUnit.Day);

    internal static readonly WindowKey Key = new("bench", "main", "1234567", Window.Label);

    /// <summary>Stages the rows of a body so many times over as the pull of a round; returns the number of rows.</summary>
    internal static long Stage(byte[] body, int times, string dataFolder, int round)
    {
        var columns = TableBody.Header.Select((name, i) => new Column(name, CellFormats.TypeOf(TableBody.Formats[i])!.Value));
        var plan = new TablePlan(new TableSchema(columns, ["entry_id"]), TableBody.Formats, [.. Enumerable.Range(0, TableBody.Header.Length)]);
        var pull = Pull(round);
        using var writer = new ParquetStagingArea(dataFolder).Begin(Key, Window, pull, Window.To, plan.Schema, withAccount: false);
        var rows = 0L;
        for (var i = 0; i < times; i++)
        {
            using var stream = new MemoryStream(body);
            new ReportTableReader(new ReportTableOptions()).ReadAsync(
                stream,
                _ => plan,
                (batch, _) =>
                {
                    writer.Write(batch);
                    rows += batch.RowCount;
                    return ValueTask.CompletedTask;
                },
                default).GetAwaiter().GetResult();
        }
        writer.Complete(new PullStamp(pull, round, rows, "hash", Window.To, "definition"));
        return rows;
    }

    /// <summary>Names of the columns of a round's pull.</summary>
    internal static IReadOnlyList<string> Columns(string dataFolder, int round)
    {
        using var staged = new ParquetStagingArea(dataFolder).Open(Pull(round))!;
        return [.. staged.Schema.Columns.Select(c => c.Name)];
    }

    /// <summary>The rows of a round's pull as CSV.</summary>
    internal static void WriteCsv(string dataFolder, int round, string csv)
    {
        using var staged = new ParquetStagingArea(dataFolder).Open(Pull(round))!;
        using var text = new StreamWriter(csv, append: false, new UTF8Encoding(false), 1 << 20);
        foreach (var batch in staged.Read()) Write(text, batch);
    }

    private static void Write(StreamWriter text, RowBatch batch)
    {
        for (var row = 0; row < batch.RowCount; row++)
        {
            for (var column = 0; column < batch.Schema.Columns.Count; column++)
            {
                if (column > 0) text.Write(',');
                if (!batch[column].IsNull(row)) text.Write(Cell(batch, column, row));
            }
            text.Write('\n');
        }
    }

    // Text is quoted always: an empty quoted cell is empty text, an empty bare one is null.
    private static string Cell(RowBatch batch, int column, int row) => batch[column] switch
    {
        TextBuffer text => "\"" + Encoding.UTF8.GetString(text[row]).Replace("\"", "\"\"", StringComparison.Ordinal) + "\"",
        FixedBuffer<double> doubles => doubles.Values[row].ToString("R", CultureInfo.InvariantCulture),
        FixedBuffer<int> days when batch.Schema.Columns[column].Type == ColumnType.Date =>
            DateTime.UnixEpoch.AddDays(days.Values[row]).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        FixedBuffer<long> instants when batch.Schema.Columns[column].Type == ColumnType.Timestamp =>
            DateTime.UnixEpoch.AddTicks(instants.Values[row] * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        FixedBuffer<long> longs => longs.Values[row].ToString(CultureInfo.InvariantCulture),
        FixedBuffer<int> ints => ints.Values[row].ToString(CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException(batch.Schema.Columns[column].Name),
    };
}
