using System.Collections.Concurrent;
using Etl.Core.Exports;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Spectre.Console;

namespace Etl.Cli.Output;

/// <summary>A live display: one bar per job, and what each working window is doing.</summary>
internal sealed class LiveObserver(ProgressContext context) : IRunObserver, IPaceObserver
{
    private readonly ConcurrentDictionary<string, ProgressTask> _bars = new();
    private readonly ConcurrentDictionary<WindowKey, string> _doing = new();
    private readonly ConcurrentDictionary<string, string> _pace = new();

    /// <summary>Messages to print when the display has ended.</summary>
    public ConcurrentQueue<string> Messages { get; } = new();

    public void Planned(string job, int windows, int notDue)
    {
        if (windows == 0)
        {
            var done = context.AddTask($"[green]{Markup.Escape(job)}[/] nothing due, {notDue} up to date", maxValue: 1);
            done.Value = 1;
            return;
        }
        _bars[job] = context.AddTask(Markup.Escape(job), maxValue: windows);
    }

    public void Moved(WindowKey key, WindowState state)
    {
        _doing[key] = state.ToString().ToLowerInvariant();
        Refresh(key.Job);
    }

    public void Progressed(WindowKey key, PullProgress progress)
    {
        _doing[key] = $"{progress.Doing} {Show.Count(progress.Rows)} rows";
        Refresh(key.Job);
    }

    public void Finished(WindowOutcome outcome)
    {
        _doing.TryRemove(outcome.Key, out _);
        if (outcome.Message is not null) Messages.Enqueue($"{Show.Job(outcome)} {outcome.Key.Label}: {outcome.Message}");
        if (_bars.TryGetValue(outcome.Key.Job, out var bar)) bar.Increment(1);
        Refresh(outcome.Key.Job);
    }

    public void Exported(ExportOutcome outcome) => Messages.Enqueue(ExportText.Sentence(outcome));

    public TimeSpan PaceEvery => TimeSpan.Zero;

    public void Paced(Pace pace)
    {
        _pace[pace.Job] = $"{pace}; ";
        Refresh(pace.Job);
    }

    private void Refresh(string job)
    {
        if (!_bars.TryGetValue(job, out var bar)) return;
        var working = _doing.Where(d => d.Key.Job == job).OrderBy(d => d.Key.Label, StringComparer.Ordinal).Take(2)
            .Select(d => $"{d.Key.Label} {d.Value}");
        bar.Description = $"{Markup.Escape(job)} [grey]{Markup.Escape(_pace.GetValueOrDefault(job, "") + string.Join(", ", working))}[/]";
    }
}
