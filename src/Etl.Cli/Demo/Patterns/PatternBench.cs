using System.Globalization;
using System.Text.Json;
using CsvHelper;
using Dapper;
using Etl.Cli.Commands;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Landing.Audit.Verify;
using Etl.Pipeline.Planning;
using Microsoft.Data.Sqlite;

namespace Etl.Cli.Demo.Patterns;

/// <summary>A row of the sandbox's truth.</summary>
internal sealed class TruthRow(IReadOnlyDictionary<string, JsonElement> cells)
{
    /// <summary>A text; empty for what the service could not resolve.</summary>
    public string Text(string column) => cells[column] switch
    {
        { ValueKind: JsonValueKind.Null } => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        var other => other.GetRawText(),
    };

    /// <summary>A text as it has come over the wire, which loses delimiters and semicolons and prints a missing dimension as 0 (wire facts 3.2).</summary>
    public string Wire(string column) => cells[column].ValueKind == JsonValueKind.Null ? "0" : Text(column).Replace('|', ' ').Replace(';', ' ');

    public double Number(string column) => cells[column] switch
    {
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        var other => double.TryParse(other.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : 0,
    };
}

/// <summary>Something that a demo compared.</summary>
/// <param name="What">What was compared.</param>
/// <param name="Expected">By the sandbox's truth.</param>
/// <param name="Found">In the warehouse.</param>
/// <param name="Equal">Whether they agree.</param>
internal sealed record PatternFinding(string What, string Expected, string Found, bool Equal);

/// <summary>
/// What the check of a pattern works with: the sandbox's truth, which never passes through a report reply, and the warehouse. Figures are computed
/// from the truth anew, by other ways than the job's SQL.
/// </summary>
internal sealed class PatternBench(EtlHost host, TruthClient truth, JobDefinition job, Func<JobDefinition, PlanOptions, Task> run, EventStage? stage, CancellationToken cancellation)
{
    private const double Tolerance = 1e-9;

    private readonly List<PatternFinding> _findings = [];

    public IReadOnlyList<PatternFinding> Findings => _findings;

    public JobDefinition Job => job;

    public CancellationToken Cancellation => cancellation;

    /// <summary>For patterns that send events.</summary>
    public EventStage Stage => stage ?? throw new InvalidOperationException($"Job '{job.Name}' sends no events.");

    /// <summary>Where a person finds what is no table: files of exports, audit logs.</summary>
    public IReadOnlyList<(string What, string Path)> Places =>
    [
        .. job.Exports.Select(e => ("Export", FileOf(e.Name))),
        .. job.Land.OfType<AuditLandSpec>().Select(a => a.Log).Distinct().SelectMany(log => ((string, string)[])[("Audit log", LogOf(log)), ("Report", ReportOf(log))]),
    ];

    /// <summary>The leads in the newest file of an export, by header; read as any program reads CSV.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Exported(string export)
    {
        using var reader = CsvReader.Create(File.OpenRead(FileOf(export)), new CsvReaderOptions { Separator = ',', HasHeader = false, Mode = CsvMode.Rfc4180 });
        List<string>? headers = null;
        var leads = new List<IReadOnlyDictionary<string, string>>();
        while (reader.Read())
        {
            var cells = Enumerable.Range(0, reader.FieldCount).Select(reader.GetString).ToList();
            if (headers is null) headers = cells;
            else leads.Add(headers.Zip(cells).ToDictionary(c => c.First, c => c.Second, StringComparer.Ordinal));
        }
        return leads;
    }

    /// <summary>Verifies each log of the job: one snapshot of each landed window of each audited source, and nothing was touched.</summary>
    public async Task AuditedAsync(string key)
    {
        var windows = await WindowsAsync().ConfigureAwait(false);
        foreach (var log in job.Land.OfType<AuditLandSpec>().GroupBy(a => a.Log))
        {
            var verdict = AuditVerifier.Verify(new AuditVerification(LogOf(log.Key)) { Key = key }, null, cancellation);
            Holds($"audit log '{log.Key}' verifies", verdict.Word == "ok", $"{verdict.Word}: {string.Join(' ', verdict.Findings.Select(f => f.Message))}");
            Figure($"snapshots in '{log.Key}'", windows.Count * log.Count(), verdict.Snapshots);
        }
    }

    private string LogOf(string log) => Path.Combine(host.DataFolder, "audit", log);

    private string ReportOf(string log) => Directory.EnumerateFiles(LogOf(log), "report.html", SearchOption.AllDirectories).Max(StringComparer.Ordinal)!;

    private string FileOf(string export) =>
        Directory.EnumerateFiles(Path.Combine(host.DataFolder, "exports", job.Name, export), "*.csv").Where(f => File.Exists(f + ".ok")).Max(StringComparer.Ordinal)
        ?? throw new InvalidOperationException($"Export '{export}' made no file.");

    /// <summary>Runs the job once more over one window, landed or not.</summary>
    public Task RunAsync(string label) => RunAsync(job, label);

    /// <summary>Runs a job over one window, landed or not.</summary>
    public Task RunAsync(JobDefinition which, string label) => run(which, new PlanOptions { From = label, To = label, Force = true });

    /// <summary>Says what the job's actions would do, which changes nothing; does them; and once more, which does nothing again.</summary>
    public async Task ActAsync(Terminal terminal)
    {
        if (job.Actions.Count == 0) return;
        var before = (await LinesAsync("actions").ConfigureAwait(false)).Count;
        var actions = new JobActions(host, job, terminal);
        await actions.RunAsync(apply: false, cancellation).ConfigureAwait(false);
        Figure("actions done without --apply", 0, (await LinesAsync("actions").ConfigureAwait(false)).Count - before);
        Figure("exit code of doing them", ExitCode.Done, await actions.RunAsync(apply: true, cancellation).ConfigureAwait(false));
        await actions.RunAsync(apply: true, cancellation).ConfigureAwait(false);
        var done = (await LinesAsync("actions").ConfigureAwait(false)).Skip(before).Select(a => a.Text("call")).ToList();
        Holds($"actions done are {string.Join(", ", job.Actions.Select(a => a.Call))}", done.SequenceEqual(job.Actions.Select(a => a.Call)), string.Join(", ", done));
    }

    /// <summary>The windows that landed, in order.</summary>
    public async Task<IReadOnlyList<Window>> WindowsAsync()
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var ledger = await host.LedgerAsync(cancellation).ConfigureAwait(false);
        var records = await ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false);
        return [.. records.Where(r => r.LandedPull is not null).Select(r => r.Key.Label).Distinct().Select(calendar.Parse).OrderBy(w => w.From)];
    }

    /// <summary>The rows of a report from the first landed window to the last, asked of the sandbox in one piece.</summary>
    public async Task<IReadOnlyList<TruthRow>> TruthAsync(string report, string more = "")
    {
        var windows = await WindowsAsync().ConfigureAwait(false);
        return await TruthAsync(report, windows[0].From, windows[^1].To, more).ConfigureAwait(false);
    }

    /// <summary>The rows of a report in a range.</summary>
    public Task<IReadOnlyList<TruthRow>> TruthAsync(string report, DateTimeOffset from, DateTimeOffset to, string more = "") => LinesAsync(
        string.Create(CultureInfo.InvariantCulture, $"truth?report={report}&from={from.ToUnixTimeSeconds()}&to={to.ToUnixTimeSeconds()}{more}"));

    /// <summary>The rows of a custom report that takes its dates as unix seconds, window by window: each is asked for by itself.</summary>
    public async Task<IReadOnlyList<TruthRow>> CustomAsync(int id, string parameters)
    {
        var rows = new List<TruthRow>();
        foreach (var window in await WindowsAsync().ConfigureAwait(false))
            rows.AddRange(await LinesAsync(
                $"truth-custom?id={id}&params=" + Uri.EscapeDataString($"from_date={window.From.ToUnixTimeSeconds()};to_date={window.To.ToUnixTimeSeconds()};{parameters}")).ConfigureAwait(false));
        return rows;
    }

    /// <summary>All objects of a list.</summary>
    public Task<IReadOnlyList<TruthRow>> ListAsync(string of) => LinesAsync("truth-list?of=" + of);

    /// <summary>The rows of the background reports of a name that were written so far, report by report.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<TruthRow>>> BackgroundAsync(string name)
    {
        using var jobs = JsonDocument.Parse(await truth.TextAsync("microservice", cancellation).ConfigureAwait(false));
        var reports = new List<IReadOnlyList<TruthRow>>();
        foreach (var written in jobs.RootElement.GetProperty("jobs").EnumerateArray().Where(j => j.GetProperty("reportName").GetString() == name))
            reports.Add(await LinesAsync("truth-microservice?session=" + Uri.EscapeDataString(written.GetProperty("sessionId").GetString()!)).ConfigureAwait(false));
        return reports;
    }

    public async Task<IReadOnlyList<TruthRow>> LinesAsync(string query) => [.. (await truth.LinesAsync(query, cancellation).ConfigureAwait(false)).Select(r => new TruthRow(r))];

    /// <summary>What a query over the warehouse answers; the connection of any program, without etl's functions.</summary>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, object?>>> QueryAsync(string sql)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = host.WarehousePath, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            var rows = await connection.QueryAsync(new CommandDefinition(sql, cancellationToken: cancellation)).ConfigureAwait(false);
            return [.. rows.Cast<IDictionary<string, object?>>().Select(r => new Dictionary<string, object?>(r, StringComparer.Ordinal))];
        }
    }

    /// <summary>Compares a figure that a query answers.</summary>
    public async Task FigureAsync(string what, double expected, string sql)
    {
        var rows = await QueryAsync(sql).ConfigureAwait(false);
        Figure(what, expected, rows.Count == 1 ? Number(rows[0].Values.First()) : double.NaN);
    }

    /// <summary>Compares a figure.</summary>
    public void Figure(string what, double expected, double found) => _findings.Add(new PatternFinding(what, Text(expected), Text(found), Same(expected, found)));

    /// <summary>Compares a figure of each lead in the newest file of an export, by its column <c>Email</c>.</summary>
    public void EachExported(string what, IReadOnlyDictionary<string, double> expected, string export, string header)
    {
        var leads = Exported(export);
        Each(what, expected, leads.Select(l => ((object?)l["Email"], (object?)(l[header].Length == 0 ? 0 : double.Parse(l[header], CultureInfo.InvariantCulture)))));
    }

    /// <summary>Compares figures by key: the query's first column is the key, its second the figure. Both sides must have the same keys.</summary>
    public async Task EachAsync(string what, IReadOnlyDictionary<string, double> expected, string sql) =>
        Each(what, expected, (await QueryAsync(sql).ConfigureAwait(false)).Select(row => (row.Values.First(), row.Values.ElementAt(1))));

    private void Each(string what, IReadOnlyDictionary<string, double> expected, IEnumerable<(object? Key, object? Figure)> rows)
    {
        var found = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (key, figure) in rows)
        {
            if (!found.TryAdd(Convert.ToString(key, CultureInfo.InvariantCulture) ?? "", Number(figure)))
                _findings.Add(new PatternFinding(what, "each key once", $"'{key}' twice", Equal: false));
        }
        var differing = expected.Keys.Union(found.Keys).Order(StringComparer.Ordinal)
            .FirstOrDefault(k => !expected.TryGetValue(k, out var e) || !found.TryGetValue(k, out var f) || !Same(e, f));
        _findings.Add(differing is null && expected.Count > 0
            ? new PatternFinding(what, $"{expected.Count} figures", $"{found.Count} figures", Equal: true)
            : new PatternFinding(what, Of(expected, differing), Of(found, differing), Equal: false));
    }

    /// <summary>Says whether something holds that is no comparison of two figures.</summary>
    public void Holds(string what, bool holds, string found) => _findings.Add(new PatternFinding(what, "yes", holds ? "yes" : found, holds));

    private static bool Same(double expected, double found) => Math.Abs(expected - found) <= Tolerance * Math.Max(1, Math.Abs(expected));

    private static double Number(object? value) => value is null ? double.NaN : Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private static string Of(IReadOnlyDictionary<string, double> figures, string? key) =>
        key is null ? "no figures" : figures.TryGetValue(key, out var value) ? $"{key}: {Text(value)}" : $"no '{key}'";

    private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
