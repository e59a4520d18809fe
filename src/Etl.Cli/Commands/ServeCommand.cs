using System.CommandLine;
using System.CommandLine.Parsing;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Outbound;
using Etl.Core.Scheduling;
using Etl.Landing;
using Etl.Pipeline.Running;
using Etl.Pipeline.Serving;
using Etl.Pipeline.Telemetry;
using Etl.Scheduling;
using Etl.Server;
using Etl.Server.Doors;
using Etl.Server.Hooks;
using Microsoft.AspNetCore.Builder;

namespace Etl.Cli.Commands;

/// <summary><c>etl serve</c>: scheduler and workers in one process, until it is stopped.</summary>
internal static class ServeCommand
{
    private static readonly TimeSpan s_knockEvery = TimeSpan.FromSeconds(2), s_sayEvery = TimeSpan.FromMinutes(1);

    public static Command Create(GlobalOptions globals)
    {
        var workers = GlobalOptions.Number("--workers", "Windows worked on at once by this process, 1 to 64.", JobRunner.DefaultParallel, 1, 64);
        var urls = new Option<Uri[]>("--urls")
        {
            Description = "Where the status page listens; port 0 takes a free one.",
            HelpName = "URL",
            DefaultValueFactory = _ => [StatusServerOptions.DefaultUrl],
            CustomParser = ParseUrls,
        };
        var engine = new Option<string>("--scheduler")
        {
            Description = "The scheduling engine; 'auto' is Hangfire where this build has it, otherwise Quartz.",
            HelpName = "auto|quartz|hangfire",
            DefaultValueFactory = _ => Schedulers.Auto,
        };
        engine.AcceptOnlyFromAmong(Schedulers.Auto, Schedulers.Quartz, Schedulers.Hangfire);
        var command = new Command("serve", "Run the scheduled jobs at their times and the live ones all the time, until Ctrl-C.") { urls, workers, engine };
        var users = new ServeUsers();
        users.AddTo(command);
        command.SetAction(globals, (result, terminal, cancellation) => users.IsAsked(result)
            ? Task.FromResult(users.Execute(globals, result, terminal))
            : ExecuteAsync(globals, result, terminal, result.GetRequiredValue(urls), result.GetValue(workers), result.GetRequiredValue(engine), cancellation));
        return command;
    }

    private static Uri[]? ParseUrls(ArgumentResult result)
    {
        var urls = new List<Uri>();
        foreach (var token in result.Tokens)
        {
            if (WebAddress.TryRead(token.Value, out var url)) urls.Add(url);
            else result.AddError($"'{token.Value}' is no address to listen at. Write it like {StatusServerOptions.DefaultUrl}.");
        }
        return [.. urls];
    }

    private static async Task<int> ExecuteAsync(GlobalOptions globals, ParseResult result, Terminal terminal, IReadOnlyList<Uri> urls, int workers, string engine, CancellationToken stop)
    {
        var host = EtlHost.Open(globals, result);
        await using (host.ConfigureAwait(false))
        {
            var jobs = host.Jobs();
            if (jobs.All(j => j.Schedule is null && j.Hooks is null && !j.IsLive))
                throw new EtlException(FaultKind.Usage, "No job has a 'schedule' or 'hooks' and none is a live one, so there would be nothing to do. Add 'schedule: { cron: \"15 2 * * *\" }' to a job.") { Code = "no-schedule" };
            foreach (var job in jobs.Where(j => j.Hooks is not null))
                if (host.HookVerifier.FindFault(job.Name) is { } fault) terminal.Warn(fault);
            var feed = new RunFeed(terminal.Json ? new JsonObserver(terminal) : new PlainObserver(terminal));
            try
            {
                var alarms = host.Scheduler(engine, workers, terminal.Warn);
                var scheduler = new TracedScheduler(alarms);
                await using (scheduler.ConfigureAwait(false))
                {
                    var parts = await WhenUpAsync(() => host.PartsAsync(feed, stop), terminal, stop).ConfigureAwait(false);
                    parts = parts with { Sources = new TracedSources(parts.Sources), Targets = new TracedTargets(parts.Targets) };
                    var ledger = await host.LedgerAsync(stop).ConfigureAwait(false);
                    var server = new JobServer(parts, host.LiveSources, scheduler, ledger, host.WatchedJobs().Read, terminal.Warn) { Workers = workers, Cancelled = item => TellCancelled(item, terminal) };
                    var hooks = new HookDesk(server, ledger, TimeProvider.System, terminal.Warn);
                    var alerts = AlertParts.Start(host, ledger, () => server.Jobs, terminal);
                    await using var watched = alerts.ConfigureAwait(false);
                    using var listening = feed.Listen(alerts.Service);
                    var takesHooks = new HookEndpoint(hooks, host.HookVerifier, TimeProvider.System);
                    var page = await StatusServer.StartAsync(
                        StatusServerOptions.FromSettings(urls, host.DataFolder, host.FindSetting, terminal.Warn) with
                        {
                            Extensions = alarms is ISchedulerDashboard dashboard ? [takesHooks.Map, pages => dashboard.Map(pages).WithMetadata(ContentPolicy.OfOthers)] : [takesHooks.Map],
                        },
                        new ServerParts { Desk = server, Ledger = ledger, Views = ledger, Backlog = ledger, Alerts = ledger, Feed = feed }, stop).ConfigureAwait(false);
                    await using var _ = page.ConfigureAwait(false);
                    server.Url = page.Urls.Select(u => u.ToString()).FirstOrDefault();
                    terminal.Object(new { type = "serving", engine = scheduler.Engine, workers, urls = page.Urls, jobs = jobs.Where(j => j.Schedule is not null || j.Hooks is not null || j.IsLive).Select(j => j.Name) });
                    terminal.Note($"Serving {Show.Number(jobs.Count(j => j.Schedule is not null), "scheduled job")} and {Show.Number(jobs.Count(j => j.IsLive), "live job")} with {Show.Number(workers, "worker")} at {string.Join(", ", page.Urls)} . Ctrl-C stops it.");
                    if (page.WelcomesAnybody) terminal.Note("It has no users: whoever sits at this machine is its operator. 'etl serve --new-user NAME --role operator' changes that.");
                    var run = server.RunAsync(stop);
                    await TellAsync(scheduler, terminal, run, stop).ConfigureAwait(false);
                    await WithHooksAsync(run, hooks, stop).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Stopped before it began.
            }
            terminal.Note("Stopped. What was not finished is due and goes on with the next start.");
            terminal.Object(new { type = "summary", exit = ExitCode.Done });
            return ExitCode.Done;
        }
    }

    private static void TellCancelled(WorkItem item, Terminal terminal)
    {
        terminal.Object(new { type = "cancelled", job = item.Job, window = item.Label });
        terminal.Note($"'{item}' ended here, since somebody cancelled it.");
    }

    /// <summary>Passes hooks on for as long as the server runs.</summary>
    private static async Task WithHooksAsync(Task run, HookDesk hooks, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var passing = hooks.RunAsync(over.Token);
        try
        {
            await run.ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await passing.ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Opens what needs the ledger, which may not be up yet: after a power failure a database starts later than its clients, and at an installation somebody
    /// may make it later. What it waits for is said when it changes, and every minute.
    /// </summary>
    private static async Task<PipelineParts> WhenUpAsync(Func<Task<PipelineParts>> open, Terminal terminal, CancellationToken stop)
    {
        var (said, what) = (0L, "");
        while (true)
        {
            try
            {
                return await open().ConfigureAwait(false);
            }
            catch (EtlException fault) when (fault.IsTransient || fault.Code == LedgerFactory.NoDatabase)
            {
                if (fault.Message != what || TimeProvider.System.GetElapsedTime(said) >= s_sayEvery)
                {
                    terminal.Warn($"Waiting for the ledger: {fault.Message}");
                    (said, what) = (TimeProvider.System.GetTimestamp(), fault.Message);
                }
                await Task.Delay(s_knockEvery, stop).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Says once when the jobs fire next, as soon as the scheduler knows.</summary>
    private static async Task TellAsync(TracedScheduler scheduler, Terminal terminal, Task run, CancellationToken stop)
    {
        while (!run.IsCompleted && !stop.IsCancellationRequested)
        {
            try
            {
                foreach (var next in await scheduler.NextAsync(stop).ConfigureAwait(false))
                {
                    terminal.Object(new { type = "alarm", job = next.Job, next = next.At });
                    terminal.Note($"  {next.Job}: next at {Show.Time(next.At)}");
                }
                return;
            }
            catch (Exception e) when (e is InvalidOperationException or OperationCanceledException or EtlException { IsTransient: true })
            {
                // Not started yet, stopped, or its store is away for now.
                await Task.WhenAny(run, Task.Delay(100, CancellationToken.None)).ConfigureAwait(false);
            }
        }
    }
}
