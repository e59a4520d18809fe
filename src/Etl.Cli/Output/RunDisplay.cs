using Etl.Core.Runs;
using Spectre.Console;

namespace Etl.Cli.Output;

/// <summary>Chooses how a run is shown while it goes on.</summary>
internal static class RunDisplay
{
    public static async Task<T> WatchAsync<T>(Terminal terminal, Func<IRunObserver, Task<T>> work)
    {
        if (terminal.Json) return await work(new JsonObserver(terminal)).ConfigureAwait(false);
        if (!terminal.Interactive) return await work(new PlainObserver(terminal)).ConfigureAwait(false);
        LiveObserver? live = null;
        try
        {
            return await AnsiConsole.Progress()
                .AutoClear(false)
                .HideCompleted(false)
                .Columns(
                    new SpinnerColumn(), new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new ElapsedTimeColumn(),
                    new TaskDescriptionColumn { Alignment = Justify.Left })
                .StartAsync(context => work(live = new LiveObserver(context))).ConfigureAwait(false);
        }
        finally
        {
            foreach (var message in live?.Messages ?? []) terminal.Warn(message);
        }
    }

    /// <summary>The table at the end of a run, and the summary object under <c>--json</c>.</summary>
    public static void Summary(Terminal terminal, IReadOnlyList<WindowOutcome> outcomes, int exitCode)
    {
        if (outcomes.Count > 0)
        {
            terminal.Line();
            // A column of its own only where there is something to see in it.
            var quarantined = outcomes.Any(o => o.Quarantined > 0);
            string[] Rows(string rows, string refused) => quarantined ? [rows, refused] : [rows];
            terminal.Table(
                null,
                ["job", "window", "state", .. Rows("rows", "quarantine"), "checks", "landed at", "size"],
                outcomes.SelectMany(o => o.Targets.Count == 0
                    ? [(IReadOnlyList<string>)[Show.Job(o), o.Key.Label, State(o), .. Rows(RowsOf(o), Show.Count(o.Quarantined)), Show.Checks(o.Checks), "", ""]]
                    : o.Targets.Select((t, i) => (IReadOnlyList<string>)(i == 0
                        ? [Show.Job(o), o.Key.Label, State(o), .. Rows(RowsOf(o), Show.Count(o.Quarantined)), Show.Checks(o.Checks), Place(t), Show.Bytes(t.Bytes)]
                        : ["", "", "", .. Rows("", ""), "", Place(t), Show.Bytes(t.Bytes)]))));
        }
        terminal.Object(new
        {
            type = "summary",
            exit = exitCode,
            landed = outcomes.Count(o => o.State is Core.Ledger.WindowState.Landed or Core.Ledger.WindowState.Frozen),
            held = outcomes.Count(o => o.State == Core.Ledger.WindowState.Held),
            failed = outcomes.Count(o => o.State is Core.Ledger.WindowState.Failed),
            parked = outcomes.Count(o => o.State is Core.Ledger.WindowState.Parked),
            quarantined = outcomes.Sum(o => o.Quarantined),
        });
    }

    private static string RowsOf(WindowOutcome outcome) => $"{Show.Count(outcome.Rows)} {Show.Restated(outcome.Restated)}".TrimEnd();

    private static string State(WindowOutcome outcome) => outcome.State.ToString().ToLowerInvariant();

    private static string Place(TargetOutcome target) => target.Kind == "parquet" ? Show.Path(target.Location) : $"{target.Kind} {target.Location}";
}
