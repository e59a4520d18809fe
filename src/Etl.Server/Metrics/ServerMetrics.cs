using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Reflection;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Telemetry;
using Etl.Core.Windows;
using Etl.Pipeline.Serving;
using Etl.Server.Api;
using Etl.Server.Reading;

namespace Etl.Server.Metrics;

/// <summary>
/// The instruments of a server. What the ledger knows (windows by state, freshness, backlog) is the same on every server and comes from the latest
/// overview; what this process does (windows finished, rows, durations) is counted as it happens.
/// </summary>
internal sealed class ServerMetrics : IRunObserver, IDisposable
{
    private readonly ServerParts _parts;
    private readonly Overviews _overviews;
    private readonly IDisposable _listening;
    private readonly Counter<long> _finished, _rows, _quarantined;
    private readonly Histogram<double> _seconds;
    private readonly ConcurrentDictionary<WindowKey, byte> _running = new();
    private ServerOverview? _latest;

    public ServerMetrics(ServerParts parts, Overviews overviews, RunEvents events)
    {
        (_parts, _overviews) = (parts, overviews);
        Meter = new Meter(EtlActivity.Name, version: Version, tags: null, scope: this);
        _finished = Meter.CreateCounter<long>("etl.windows.finished", "{window}", "Windows that this server worked on, by how they ended.");
        _rows = Meter.CreateCounter<long>("etl.rows.landed", "{row}", "Rows that this server published.");
        _quarantined = Meter.CreateCounter<long>("etl.rows.quarantined", "{row}", "Rows that this server put in quarantine.");
        _seconds = Meter.CreateHistogram("etl.window.duration", "s", "How long this server worked on a window.", tags: null,
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000] });
        Gauge("etl.windows", "{window}", "Windows in the ledger.", o => o.Jobs.SelectMany(j => j.States.Select(s => Of(s.Value, ("job", j.Definition.Name), ("state", Word(s.Key))))));
        Gauge("etl.job.rows", "{row}", "Rows that a job's windows publish.", o => o.Jobs.Select(j => Of(j.PublishedRows, Job(j))));
        Gauge("etl.job.late", "s", "How late a job is against its schedule; 0 when it is on time.", o => o.Jobs.Select(j => Of(j.Freshness.LateBy.TotalSeconds, Job(j))));
        Gauge("etl.job.freshness", "s", "Time since the end of a job's newest published window.",
            o => o.Jobs.Where(j => j.Freshness.PublishedTo is not null).Select(j => Of((_parts.Time.GetUtcNow() - j.Freshness.PublishedTo!.Value).TotalSeconds, Job(j))));
        Gauge("etl.job.next", "s", "Time until a job looks next what is due.",
            o => o.Jobs.Where(j => j.NextFiring is not null).Select(j => Of((j.NextFiring!.Value - _parts.Time.GetUtcNow()).TotalSeconds, Job(j))));
        Gauge("etl.backlog", "{window}", "Windows that were asked for out of turn and are not done.", o => o.Backlog.GroupBy(b => b.Item.Job).Select(g => Of(g.Count(), ("job", g.Key))));
        Gauge("etl.servers", "{server}", "Servers that share the ledger.", o => [Of(o.Servers.Count)]);
        Gauge("etl.jobs.faulty", "1", "1 while the job files have faults.", o => [Of(o.JobFault is null ? 0 : 1)]);
        Meter.CreateObservableGauge("etl.windows.running", () => _running.Count, "{window}", "Windows that this server works on.");
        Meter.CreateObservableGauge("etl.listeners", () => events.Listeners, "{listener}", "Event streams that are open.");
        Meter.CreateObservableGauge("etl.build", () => Of(1, ("version", Version), ("engine", parts.Desk.Engine)), "1", "This build.");
        _listening = parts.Feed.Listen(this);
    }

    /// <summary>The meter; its scope is this object, so that two servers in one process are told apart.</summary>
    public Meter Meter { get; }

    private static string Version { get; } = typeof(RunFeed).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Reads what the gauges tell next. A ledger that does not answer leaves them out: a gap is better than old numbers.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        try
        {
            _latest = await _overviews.GetAsync(cancellation).ConfigureAwait(false);
        }
        catch (Core.Errors.EtlException)
        {
            _latest = null;
        }
    }

    public void Planned(string job, int windows, int notDue)
    {
        // The ledger knows it better.
    }

    public void Moved(WindowKey key, WindowState state)
    {
        if (state is WindowState.Pulling) _running[key] = 0;
    }

    public void Progressed(WindowKey key, PullProgress progress)
    {
        // Calls are counted where they are made.
    }

    public void Finished(WindowOutcome outcome)
    {
        _running.TryRemove(outcome.Key, out _);
        KeyValuePair<string, object?> job = new("job", outcome.Key.Job), state = new("state", Word(outcome.State));
        _finished.Add(1, job, state);
        _seconds.Record(outcome.Elapsed.TotalSeconds, job, state);
        if (outcome.State is WindowState.Landed or WindowState.Frozen) _rows.Add(outcome.Rows, job);
        if (outcome.Quarantined > 0) _quarantined.Add(outcome.Quarantined, job);
    }

    public void Dispose()
    {
        _listening.Dispose();
        Meter.Dispose();
    }

    private void Gauge(string name, string unit, string description, Func<ServerOverview, IEnumerable<Measurement<double>>> values) =>
        Meter.CreateObservableGauge(name, () => _latest is { } overview ? values(overview) : [], unit, description);

    private static Measurement<double> Of(double value, params (string Name, string Value)[] tags) => new(value, tags.Select(t => new KeyValuePair<string, object?>(t.Name, t.Value)));

    private static (string Name, string Value) Job(JobOverview job) => ("job", job.Definition.Name);

    private static string Word(WindowState state) => state.ToString().ToLowerInvariant();
}
