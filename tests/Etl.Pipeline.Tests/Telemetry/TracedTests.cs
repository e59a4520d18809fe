using System.Collections.Concurrent;
using System.Diagnostics;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Scheduling;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Telemetry;
using Etl.Core.Windows;
using Etl.Pipeline.Telemetry;
using Etl.Testing.Rows;

namespace Etl.Pipeline.Tests.Telemetry;

public sealed class TracedTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly string _job = "traced-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Window_holds_its_pull_and_its_landing()
    {
        using var spans = new Spans(_job);
        var key = Keys.Key(job: _job);
        var order = new LandingOrder(key, Keys.Day(), Keys.Stamp("p1", 7, 12));
        await RunAsync(new WorkItem(_job, "2026-11-19"), async () =>
        {
            await new TracedSources(new OneSource()).Create(null!, "101").PullAsync(new PullRequest(key, Keys.Day(), 300, "America/New_York", "p1"), null!, None);
            await new TracedTargets(new OneTarget()).Create(null!, false).LandAsync(order, null!, None);
        });
        var window = spans["window"];
        Assert.Equal("2026-11-19", window.GetTagItem("etl.window"));
        Assert.All(new[] { "pull", "stage", "landing" }, name => Assert.Equal(window.SpanId, spans[name].ParentSpanId));
        Assert.Equal((12L, 3, 99L), (spans["pull"].GetTagItem("etl.rows"), spans["pull"].GetTagItem("etl.calls"), spans["pull"].GetTagItem("etl.bytes")));
        Assert.Equal(("parquet:plays", "landed", 7L), (spans["landing"].GetTagItem("etl.target"), spans["landing"].GetTagItem("etl.outcome"), spans["landing"].GetTagItem("etl.fence")));
    }

    [Fact]
    public async Task Failed_span_tells_the_code_and_not_the_words()
    {
        using var spans = new Spans(_job);
        var fault = await Assert.ThrowsAsync<EtlException>(() => RunAsync(new WorkItem(_job), () => throw new EtlException(FaultKind.Window, "canary") { Code = "truncated" }));
        Assert.Equal("canary", fault.Message);
        var run = spans["run"];
        Assert.Equal((ActivityStatusCode.Error, "truncated", null), (run.Status, run.GetTagItem("error.type"), run.StatusDescription));
        Assert.DoesNotContain(run.TagObjects, t => t.Value is string text && text.Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_is_changed_for_those_who_are_wrapped()
    {
        var inner = new OneTarget();
        var target = new TracedTargets(inner).Create(null!, false);
        Assert.Equal(("parquet", "parquet:plays", "there"), (target.Kind, target.Name, target.Locate(Keys.Key(), Keys.Day())));
        Assert.Equal(new PublishedPull("p0", 1, 2, "h"), await target.FindAsync(Keys.Key(), Keys.Day(), None));
        Assert.Null(await target.OpenPublishedAsync(Keys.Key(), Keys.Day(), None));
        await target.SweepAsync(Keys.Key(), Keys.Day(), None);
        await using (await target.PrepareAsync(new LandingOrder(Keys.Key(), Keys.Day(), Keys.Stamp("p1", 7)), null!, None)) Assert.Equal(["sweep"], inner.Done);
        Assert.Equal(["sweep", "dispose"], inner.Done);
    }

    private static async Task RunAsync(WorkItem item, Func<Task> work)
    {
        var engine = new AtOnce();
        await using var scheduler = new TracedScheduler(engine);
        await scheduler.StartAsync([], (_, _) => work(), None);
        await engine.Work!(item, None);
    }

    /// <summary>Spans that speak of one job.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;

        public Spans(string job)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == EtlActivity.Name,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity =>
                {
                    if ((string?)activity.GetTagItem("etl.job") == job) _ended.Enqueue(activity);
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public Activity this[string name] => _ended.Single(a => a.OperationName == name);

        public void Dispose() => _listener.Dispose();
    }

    private sealed class AtOnce : IJobScheduler
    {
        public Func<WorkItem, CancellationToken, Task>? Work { get; private set; }

        public string Engine => "test";

        public Task StartAsync(IReadOnlyList<JobAlarm> alarms, Func<WorkItem, CancellationToken, Task> work, CancellationToken cancellation)
        {
            Work = work;
            return Task.CompletedTask;
        }

        public Task SetAlarmsAsync(IReadOnlyList<JobAlarm> alarms, CancellationToken cancellation) => Task.CompletedTask;

        public Task<bool> EnqueueAsync(WorkItem item, CancellationToken cancellation) => Task.FromResult(true);

        public Task<bool> CancelAsync(WorkItem item, CancellationToken cancellation) => Task.FromResult(true);

        public Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<NextFiring>>([]);

        public Task StopAsync(TimeSpan grace) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class OneSource : ISourceFactory, ISource
    {
        public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<string>?>(null);

        public ISource Create(SourceSpec spec, string account) => this;

        public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => throw new NotSupportedException();

        public Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation) =>
            Task.FromResult(new PullOutcome(new TableSchema([]), 12, null, new PullProof { Calls = 3, Bytes = 99 }));

        public PullForecast Forecast(PullRequest request) => new(1, "");
    }

    private sealed class OneTarget : ITargetFactory, ITarget, IPreparedLanding
    {
        public List<string> Done { get; } = [];

        public string Kind => "parquet";

        public string Name => "parquet:plays";

        public ITarget Create(LandSpec land, bool severalAccounts) => this;

        public string NameOf(LandSpec land) => Name;

        public string Locate(WindowKey key, Window window) => "there";

        public Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation) => Task.FromResult<IPreparedLanding>(this);

        public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => Task.FromResult<PublishedPull?>(new PublishedPull("p0", 1, 2, "h"));

        public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) => Task.FromResult<IPublishedRows?>(null);

        public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation)
        {
            Done.Add("sweep");
            return Task.CompletedTask;
        }

        public Task<LandingReceipt> PublishAsync(CancellationToken cancellation) => Task.FromResult(new LandingReceipt(LandingOutcome.Landed, "there", 12, 99));

        public ValueTask DisposeAsync()
        {
            Done.Add("dispose");
            return ValueTask.CompletedTask;
        }
    }
}
