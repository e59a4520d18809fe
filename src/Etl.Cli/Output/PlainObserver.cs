using Etl.Core.Exports;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Cli.Output;

/// <summary>A line per finished window, for logs and pipes; with <c>-v</c> a line per step too.</summary>
internal sealed class PlainObserver(Terminal terminal) : IRunObserver, IPaceObserver
{
    /// <summary>How often a log wants to hear how far a run is.</summary>
    public static readonly TimeSpan LogPace = TimeSpan.FromSeconds(10);

    public TimeSpan PaceEvery => LogPace;

    public void Paced(Pace pace) => terminal.Note($"{pace.Job}: {pace}.");

    public void Planned(string job, int windows, int notDue) =>
        terminal.Note(windows == 0 ? $"{job}: nothing is due ({Show.Number(notDue, "window")} up to date)." : $"{job}: {windows} due, {notDue} up to date.");

    public void Moved(WindowKey key, WindowState state)
    {
        if (terminal.Verbose) terminal.Warn($"{key} {state.ToString().ToLowerInvariant()}");
    }

    public void Progressed(WindowKey key, PullProgress progress)
    {
        if (terminal.Verbose) terminal.Warn($"{key} {progress.Doing}: {progress.Calls} calls, {progress.Rows} rows");
    }

    public void Exported(ExportOutcome outcome) => ExportText.Tell(terminal, outcome);

    public void Finished(WindowOutcome outcome)
    {
        var text = $"{Show.Job(outcome)} {outcome.Key.Label} {outcome.State.ToString().ToLowerInvariant()}";
        if (outcome.Pull is not null)
            text += $" {Show.Count(outcome.Rows)} rows{Show.Quarantined(outcome.Quarantined)}, checks {Show.Checks(outcome.Checks)}{(outcome.Restated is { } rows ? $", restated {Show.Restated(rows)} rows" : "")}, {Show.Seconds(outcome.Elapsed)}";
        terminal.Note(text);
        // Whole by itself: stderr is often kept apart from stdout.
        if (outcome.Message is not null) terminal.Warn($"{Show.Job(outcome)} {outcome.Key.Label}: {outcome.Message}");
    }
}
