using System.Globalization;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Pipeline.Jobs;
using Etl.Pipeline.Live;
using Etl.Pipeline.Planning;

namespace Etl.Cli.Commands;

/// <summary>What <c>etl run --for</c> and <c>etl plan</c> do with a live job.</summary>
internal static class LiveRun
{
    /// <summary>How long a live job shall run; null for a job that is not live.</summary>
    /// <exception cref="EtlException">The options do not fit the job.</exception>
    public static TimeSpan? LengthOf(JobDefinition job, PlanOptions options, string? length)
    {
        if (!job.IsLive)
        {
            return length is null
                ? null
                : throw Usage($"Job '{job.Name}' is not a live one: its windows are asked for when they are over. Run it without '--for'; '--from' and '--to' name windows.");
        }
        if (options.From is not null || options.To is not null || options.Force) throw NoPast(job);
        if (length is null) throw Usage($"Job '{job.Name}' is a live one and would never end by itself. Say how long: 'etl run {job.Name} --for 10m'.");
        return Measures.Duration(length) is { } time && time > TimeSpan.Zero
            ? time
            : throw Usage($"'--for' takes a whole number and a unit, such as 90s, 10m or 2h, not '{length}'.");
    }

    /// <summary>The fault of asking a live job for windows.</summary>
    public static EtlException NoPast(JobDefinition job) =>
        Usage($"Job '{job.Name}' is a live one: its minutes cannot be asked for afterwards, so no windows can be named. Run it with '--for 10m'.");

    public static async Task<int> ExecuteAsync(EtlHost host, JobDefinition job, TimeSpan length, Terminal terminal, CancellationToken cancellation)
    {
        var end = TimeProvider.System.GetUtcNow() + length;
        terminal.Note($"{job.Name}: polling until {end.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} UTC; Ctrl-C stops it and lands what was collected.");
        var live = await AlertParts.BesideAsync(host, job, terminal, () => RunDisplay.WatchAsync(
            terminal,
            async observer =>
            {
                if (observer is LiveObserver) observer.Planned(job.Name, (int)Math.Ceiling(length.TotalMinutes) * job.Sources.Sum(s => Math.Max(1, s.Accounts.Count)), 0);
                return await new LiveRunner(await host.PartsAsync(observer, cancellation).ConfigureAwait(false), host.LiveSources).RunAsync(job, length, cancellation).ConfigureAwait(false);
            }), cancellation).ConfigureAwait(false);
        var exit = ExitCode.Combine(live.Minutes.Select(m => m.ExitCode).Concat(live.Faults.Select(f => ExitCode.Of(f.Kind))).Append(cancellation.IsCancellationRequested ? ExitCode.Cancelled : ExitCode.Done));
        foreach (var fault in live.Faults)
        {
            terminal.Warn(fault.Message);
            terminal.Object(new { type = "error", code = fault.Code, message = fault.Message });
        }
        if (live.FailedPolls > 0) terminal.Warn($"{live.FailedPolls} of {Show.Number(live.Polls, "poll")} failed; 'etl history {job.Name} --window LABEL' shows the gaps of a minute.");
        RunDisplay.Summary(terminal, live.Minutes, exit);
        return exit;
    }

    public static async Task<int> PlanAsync(EtlHost host, JobDefinition job, Terminal terminal, CancellationToken cancellation)
    {
        var rows = new List<(SourceSpec Source, string Account, ILiveSource Live)>();
        var now = TimeProvider.System.GetUtcNow();
        foreach (var source in job.Sources)
            foreach (var account in await host.PlanningSources.AccountsAsync(source, now, now, cancellation).ConfigureAwait(false) ?? [$"as report {source.AccountsFrom?.Report} lists"])
                rows.Add((source, account, host.PlanningLiveSources.CreateLive(source, account)));
        foreach (var (source, account, live) in rows)
        {
            terminal.Object(new
            {
                type = "planned", job = job.Name, source = source.Name, account, everySeconds = live.Every.TotalSeconds, callsPerMinute = live.CallsPerMinute,
                settleSeconds = job.Window.Settle.TotalSeconds, targets = Targets(host, job, source),
            });
        }
        terminal.Table(
            $"{job.Name}: a live job; a minute lands {job.Window.Settle.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s after its end",
            ["source", "account", "what", "polled every", "calls a minute", "targets"],
            rows.Select(r => (IReadOnlyList<string>)
            [
                r.Source.Name, r.Account, r.Source.Report is { } report ? $"{r.Source.Action} {report}" : $"{r.Source.Action} {r.Source.Kind}".TrimEnd(),
                $"{r.Live.Every.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s", $"{r.Live.CallsPerMinute}", string.Join(", ", Targets(host, job, r.Source)),
            ]));
        terminal.Object(new { type = "summary", exit = ExitCode.Done, due = 0, upToDate = 0 });
        return ExitCode.Done;
    }

    private static IEnumerable<string> Targets(EtlHost host, JobDefinition job, SourceSpec source) => job.Land.Where(l => l.From == source.Name).Select(host.Targets.NameOf);

    private static EtlException Usage(string message) => new(FaultKind.Usage, message) { Code = "usage" };
}
