using System.Globalization;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>A service with one report that is served as files, each of its four surfaces open to faults.</summary>
internal sealed class CsvService : IAsyncDisposable
{
    /// <summary>The session in an address; no test may find it anywhere.</summary>
    public const string FileKs = "djJ8canary0file0session0canary0file0session0canary==";

    private int _files;

    public CsvService()
    {
        Table = _ => Rows.Count == 0 ? Bodies.Absent : Bodies.Table([string.Join('|', Rows[0])], Rows.Count, string.Join('|', Columns));
        Total = _ => Bodies.Total("count_plays", Rows.Count == 0 ? "" : Plays);
        Address = _ => JsonSerializer.Serialize(Url());
        File = call => Answers.TryDequeue(out var answer) ? answer : Whole(call);
        Rig.Server.Script = call => call.Action switch
        {
            "getTable" => Table(call),
            "getTotal" => Total(call),
            "getUrlForReportAsCsv" => Address(call),
            _ => File(call),
        };
    }

    public Rig Rig { get; } = new();

    /// <summary>Columns of the report.</summary>
    public string[] Columns { get; init; } = ["object_id", "entry_name", "count_plays"];

    public List<string[]> Rows { get; init; } = [["1_a", "One", "3"], ["1_b", "Two", "4"]];

    public Func<RecordedCall, Answer> Table { get; set; }
    public Func<RecordedCall, Answer> Total { get; set; }
    public Func<RecordedCall, Answer> Address { get; set; }
    public Func<RecordedCall, Answer> File { get; set; }

    /// <summary>Answers to requests for files, before the whole one.</summary>
    public Queue<Answer> Answers { get; } = new();

    public IEnumerable<RecordedCall> AddressCalls => Rig.Server.Calls.Where(c => c.Action == "getUrlForReportAsCsv");
    public IEnumerable<RecordedCall> FileCalls => Rig.Server.Calls.Where(c => c.Path.Contains("/serve/", StringComparison.Ordinal));

    public string Plays => Rows.Sum(r => double.Parse(r[^1], CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture);

    public static SourceSpec Spec(string report = "38") => new() { Report = report, Action = "csv" };

    /// <summary>A new address, as the service makes one for each call.</summary>
    public string Url(string? root = null) =>
        $"{root ?? Rig.Server.Url.GetLeftPart(UriPartial.Authority)}/api_v3/index.php/service/report/action/serve/ks/{Uri.EscapeDataString(FileKs)}/id/f{Interlocked.Increment(ref _files)}/report.csv";

    /// <summary>The file that the last address asked for.</summary>
    public ReportFile Whole(RecordedCall? call = null)
    {
        var request = AddressCalls.Last();
        var labels = request.Form["headers"].Split(';');
        string[] Split(string list) => list.Length == 0 ? [] : list.Split(',');
        return new ReportFile(request.Form["reportTitle"], Split(labels[1]), Rows) { TotalLabels = Split(labels[0]), Totals = [Rows.Count == 0 ? "" : Plays] };
    }

    public async Task<PullOutcome> PullAsync(SourceSpec? spec = null, PullRequest? request = null)
    {
        var outcome = await Rig.PullAsync(spec ?? Spec(), request);
        Rig.AssertNoCanary(JsonSerializer.Serialize(outcome.Proof));
        foreach (var raw in Rig.Sink.Raw.Values) Rig.AssertNoCanary(raw);
        return outcome;
    }

    public Task<EtlException> FailAsync(SourceSpec? spec = null, PullRequest? request = null) => Rig.FailAsync(spec ?? Spec(), request);

    public ValueTask DisposeAsync() => Rig.DisposeAsync();
}
