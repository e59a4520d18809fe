using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Pipeline.Serving;
using Etl.Testing.Exports;

namespace Etl.Pipeline.Tests.Running;

/// <summary>When a run exports: at its end, once nobody works on the job any more, and without touching what has landed.</summary>
public sealed class ExportStepTests : IAsyncLifetime
{
    private const string Label = "2026-11-19";

    private readonly ScriptedExporter _exporter = new();
    private readonly Told _told = new();
    private Bench _bench = null!;

    public async Task InitializeAsync()
    {
        _bench = await Bench.OpenAsync();
        _bench.Job = _bench.Job with { Exports = [ExportJobs.Export()] };
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    private PipelineParts Parts(Bench? bench = null) => (bench ?? _bench).Parts() with { Exporter = _exporter, Observer = new RunFeed(_bench, _told) };

    private async Task<IReadOnlyList<WindowOutcome>> RunAsync(CancellationToken cancellation = default) =>
        (await new JobRunner(Parts()).RunAsync(_bench.Job, new PlanOptions(), 2, cancellation)).Outcomes;

    [Fact]
    public async Task Run_exports_once_when_all_its_windows_are_done()
    {
        _exporter.Before = async () => Assert.All(await _bench.Ledger.WindowsAsync("plays", default), w => Assert.Equal(WindowState.Landed, w.State));
        Assert.Equal(3, (await RunAsync()).Count);
        Assert.Equal(["plays full=False"], _exporter.Calls);
        Assert.Equal("leads", Assert.Single(_told.Exports).Export);
    }

    [Fact]
    public async Task Run_with_nothing_due_exports_too_since_something_may_wait()
    {
        await RunAsync();
        Assert.Empty(await RunAsync());
        Assert.Equal(2, _exporter.Calls.Count);
    }

    [Fact]
    public async Task Job_without_exports_asks_nobody()
    {
        _bench.Job = _bench.Job with { Exports = [] };
        await RunAsync();
        Assert.Empty(_exporter.Calls);
    }

    [Fact]
    public async Task Run_leaves_the_export_to_who_still_works_on_another_window()
    {
        await using var other = await _bench.SecondWorkerAsync();
        other.Job = _bench.Job;
        var seen = -1;
        _bench.Source.Halfway = async (r, _) =>
        {
            if (r.Window.Label != Label) return;
            _bench.Source.Halfway = (_, _) => Task.CompletedTask;
            // While this window is pulled, another worker takes up what else is due and ends before.
            await new JobRunner(Parts(other)).RunAsync(other.Job, new PlanOptions { From = "2026-11-17", To = "2026-11-18" }, 1, default);
            seen = _exporter.Calls.Count;
        };
        await new JobRunner(Parts()).RunAsync(_bench.Job, new PlanOptions { From = Label, To = Label }, 1, default);
        Assert.Equal(0, seen);
        Assert.Single(_exporter.Calls);
    }

    [Fact]
    public async Task Failed_export_is_told_and_undoes_no_landing()
    {
        _exporter.Before = () => throw new EtlException(FaultKind.Window, "The disk is full.");
        Assert.All(await RunAsync(), o => Assert.Equal((WindowState.Landed, ExitCode.Done), (o.State, o.ExitCode)));
        Assert.Equal("The disk is full.", Assert.Single(_told.Exports).Fault!.Message);
        Assert.Empty(await _bench.DueAsync());
    }

    [Fact]
    public async Task Export_that_is_stopped_does_not_hide_the_windows_that_are_done()
    {
        using var stop = new CancellationTokenSource();
        _exporter.Before = () =>
        {
            stop.Cancel();
            throw new OperationCanceledException(stop.Token);
        };
        Assert.Equal(3, (await RunAsync(stop.Token)).Count);
        Assert.Empty(_told.Exports);
    }

    [Fact]
    public async Task Release_and_replay_export_too()
    {
        _bench.Job = _bench.Job with { Window = _bench.Job.Window with { Lookback = 1 } };
        await new JobRunner(Parts() with { Sources = new CapturingSource(_bench.Source) }).RunAsync(_bench.Job, new PlanOptions(), 1, default);
        await new Replayer(Parts(), recording => new CapturingSource(_bench.Source)).ReplayAsync(_bench.Job, Label, default);
        Assert.Equal(2, _exporter.Calls.Count);

        _bench.Source.Rows = _ => [];
        await new JobRunner(Parts()).RunAsync(_bench.Job, new PlanOptions { From = Label, To = Label, Force = true }, 1, default);
        Assert.Equal(3, _exporter.Calls.Count);
        Assert.Equal(WindowState.Landed, Assert.Single(await new Releaser(Parts()).ReleaseAsync(_bench.Job, Label, default)).State);
        Assert.Equal(4, _exporter.Calls.Count);
    }

    private sealed class ScriptedExporter : IExporter
    {
        public List<string> Calls { get; } = [];

        public Func<Task> Before { get; set; } = () => Task.CompletedTask;

        public async Task<IReadOnlyList<ExportOutcome>> ExportAsync(JobDefinition job, bool full, CancellationToken cancellation)
        {
            Calls.Add($"{job.Name} full={full}");
            await Before();
            return [.. job.Exports.Select(e => new ExportOutcome(job.Name, e.Name, null, null, null))];
        }
    }

    private sealed class Told : IRunObserver
    {
        public List<ExportOutcome> Exports { get; } = [];

        public void Planned(string job, int windows, int notDue)
        {
        }

        public void Moved(WindowKey key, WindowState state)
        {
        }

        public void Progressed(WindowKey key, PullProgress progress)
        {
        }

        public void Finished(WindowOutcome outcome)
        {
        }

        public void Exported(ExportOutcome outcome) => Exports.Add(outcome);
    }
}
