using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Connections;
using Etl.Landing.Exports.Joining;
using Etl.Testing.Files;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Exports.Joining;

/// <summary>Lands rows of an export's sources the way a run does, and joins them.</summary>
internal sealed class LeadBench : IDisposable
{
    private static readonly WindowCalendar s_days = new("UTC", WindowUnit.Day);
    private int _fence;

    public TempFolder Folder { get; } = new();

    public JobDefinition Job => new()
    {
        Name = "crm", Sources = [], Window = new WindowSpec(), Land = [], File = Folder["jobs/crm.yaml"],
    };

    public void Dispose() => Folder.Dispose();

    /// <summary>Lands one window. A cell is a text, a number (long, double), true or false, a day, or null; the header says <c>name</c> or <c>name:Type</c>.</summary>
    public async Task LandAsync(string export, string source, string label, string header, params object?[][] rows) =>
        await LandAsync(export, source, label, null, header, rows);

    /// <summary>The same for an account of several.</summary>
    public async Task LandAsync(string export, string source, string label, string? account, string header, params object?[][] rows)
    {
        var window = s_days.Parse(label);
        var fence = ++_fence;
        var key = new WindowKey(Job.Name, source, account ?? "100", label);
        var batch = Batch(header, rows);
        var stamp = new PullStamp(string.Create(CultureInfo.InvariantCulture, $"pull-{fence:D6}"), fence, rows.Length, $"hash-{fence}", window.To, "definition");
        using var staged = new MemoryStagedPull(key, stamp, batch.Schema, [batch], account is not null);
        var land = new ExportRowsLandSpec { From = source, Job = Job.Name, Export = export };
        var target = new TargetFactory(Folder.Path, new ConnectionSettings(_ => null, Folder.Path), TimeProvider.System).Create(land, account is not null);
        var receipt = await target.LandAsync(new LandingOrder(key, window, stamp), staged, default);
        Assert.Equal(LandingOutcome.Landed, receipt.Outcome);
    }

    public LeadJoiner Joiner => new(Folder.Path, TimeProvider.System);

    public Task<ILeadTable> JoinAsync(ExportSpec export) => Joiner.JoinAsync(Job, export, default);

    /// <summary>The leads as lines of cells in their order, without keys: <c>a@x.com|3|-</c>.</summary>
    public async Task<string[]> LinesAsync(ExportSpec export)
    {
        using var table = await JoinAsync(export);
        return Lines(table);
    }

    /// <summary>The lines sorted as text, for tests to which the order of keys means nothing.</summary>
    public async Task<string[]> SortedAsync(ExportSpec export) => [.. (await LinesAsync(export)).Order(StringComparer.Ordinal)];

    public static string[] Lines(ILeadTable table) => [.. table.Read().Select(l => string.Join('|', l.Cells.Select((c, i) => Cell(c, table.Columns[i].Type))))];

    /// <summary>An export by e-mail of one source, with columns as <c>header=value</c>.</summary>
    public static ExportSpec Spec(IReadOnlyList<ExportSource> sources, params (string Header, ExportValue Value)[] columns) => new()
    {
        Name = "leads", Profile = "csv", Sources = sources, Columns = [.. columns.Select(c => new ExportColumn(c.Header, c.Value))],
    };

    private static string Cell(LeadCell cell, ColumnType type) => cell.IsNull ? "-" : type switch
    {
        ColumnType.Text => cell.Text!,
        ColumnType.Double => cell.Number.ToString("R", CultureInfo.InvariantCulture),
        ColumnType.Bool => cell.Bits == 1 ? "true" : "false",
        ColumnType.Date => DateOnly.FromDayNumber((int)cell.Bits + 719_162).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => cell.Bits.ToString(CultureInfo.InvariantCulture),
    };

    private static RowBatch Batch(string header, object?[][] rows)
    {
        var columns = header.Split(',').Select(h => h.Trim().Split(':')).Select(h => new Column(h[0], h.Length == 1 ? ColumnType.Text : Enum.Parse<ColumnType>(h[1])));
        var batch = new RowBatch(new TableSchema(columns));
        foreach (var row in rows)
            for (var column = 0; column < row.Length; column++) Append(batch[column], row[column]);
        return batch;
    }

    private static void Append(ColumnBuffer cells, object? value)
    {
        switch (value)
        {
            case null: cells.AppendNull(); break;
            case string text: ((TextBuffer)cells).Append(Encoding.UTF8.GetBytes(text)); break;
            case bool flag: ((FixedBuffer<bool>)cells).Append(flag); break;
            case double number: ((FixedBuffer<double>)cells).Append(number); break;
            case DateOnly day: ((FixedBuffer<int>)cells).Append(day.DayNumber - 719_162); break;
            case int whole when cells is FixedBuffer<int> ints: ints.Append(whole); break;
            default: ((FixedBuffer<long>)cells).Append(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
        }
    }
}
