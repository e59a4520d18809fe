using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Secrets;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Api;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>A source over the real client, a scripted server behind it and a sink in front.</summary>
internal sealed class Rig : IAsyncDisposable
{
    public const string AdminSecret = "canary0admin0secret0canary0admin";
    public const string AppToken = "canary0app0token0canary0app0toke";
    public const string UserKs = "djJ8MTIzNDU2N3xjYW5hcnkta3MtY2FuYXJ5LWtzLWNhbmFyeS1rcy1jYW5hcnk=";

    private KalturaConnection? _connection;

    public Rig()
    {
        Settings = new KalturaSettings { ServiceUrl = Server.Url, PartnerId = "1234567", AdminSecret = new Secret(AdminSecret) };
        Server.Silence = Clock.PassAsync;
        Server.Pause = async (time, stop) =>
        {
            Clock.Advance(time);
            await Task.Delay(1, stop);
        };
        Server.Script = call => call.Action switch
        {
            "getTable" => Next(Tables, call),
            "getTotal" => Next(Totals, call),
            "getGraphs" or "getBaseTotal" => Next(Graphs, call),
            _ => new Answer([]) { Status = 418 },
        };
    }

    public ScriptedServer Server { get; } = new();
    public FakeClock Clock { get; } = new();
    public CollectingSink Sink { get; private set; } = new();
    public KalturaSettings Settings { get; set; }

    /// <summary>The budget that is shared with other workers; none by default.</summary>
    public ICallBudget? Budget { get; init; }

    /// <summary>Answers to getTable in order; after the last one the server answers 418.</summary>
    public Queue<Answer> Tables { get; } = new();

    /// <summary>Answers to getTotal in order; the last one stays.</summary>
    public Queue<Answer> Totals { get; } = new();

    /// <summary>Answers to getGraphs and getBaseTotal in order.</summary>
    public Queue<Answer> Graphs { get; } = new();

    public KalturaConnection Connection => _connection ??= new KalturaConnection(Settings, Clock, transport: null, random: () => 0.5, Budget);

    public static SourceSpec Spec(string report = "38", string action = "table") => new() { Report = report, Action = action };

    public static PullRequest Request(string label = "2026-03-10", string zone = "UTC", WindowUnit unit = WindowUnit.Day, SchemaPolicy policy = SchemaPolicy.Evolve)
    {
        var calendar = new WindowCalendar(zone, unit);
        var window = calendar.Parse(label);
        return new PullRequest(new WindowKey("job", "main", "1234567", label), window, calendar.TimeZoneOffsetMinutes(window), zone, "pull-1", policy);
    }

    public Rig TableAnswers(params Answer[] answers)
    {
        foreach (var answer in answers) Tables.Enqueue(answer);
        return this;
    }

    public Rig TotalAnswers(params Answer[] answers)
    {
        foreach (var answer in answers) Totals.Enqueue(answer);
        return this;
    }

    public Rig GraphAnswers(params Answer[] answers)
    {
        foreach (var answer in answers) Graphs.Enqueue(answer);
        return this;
    }

    public Task<PullOutcome> PullAsync(SourceSpec? spec = null, PullRequest? request = null, CancellationToken cancellation = default) =>
        new KalturaSourceFactory(Connection, KalturaCatalog.Shared).Create(spec ?? Spec(), "1234567").PullAsync(request ?? Request(), Sink, cancellation);

    /// <summary>Pulls once more, into a new sink.</summary>
    public Task<PullOutcome> PullAgainAsync(SourceSpec? spec = null, PullRequest? request = null)
    {
        Sink = new CollectingSink();
        return PullAsync(spec, request);
    }

    public async Task<EtlException> FailAsync(SourceSpec? spec = null, PullRequest? request = null)
    {
        var failure = await Assert.ThrowsAnyAsync<EtlException>(() => PullAsync(spec, request));
        AssertNoCanary(failure.ToString());
        foreach (var raw in Sink.Raw.Values) AssertNoCanary(raw);
        return failure;
    }

    public static void AssertNoCanary(string text)
    {
        Assert.DoesNotContain("canary", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("djJ8", text, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        await Server.DisposeAsync();
    }

    private static Answer Next(Queue<Answer> answers, RecordedCall call)
    {
        lock (answers)
        {
            if (answers.Count == 0) return new Answer([]) { Status = 418 };
            return call.Action == "getTotal" && answers.Count == 1 ? answers.Peek() : answers.Dequeue();
        }
    }
}
