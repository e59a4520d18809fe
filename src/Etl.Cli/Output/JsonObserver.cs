using Etl.Core.Exports;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Cli.Output;

/// <summary>One <c>window</c> object a finished window (design: section 7), and now and then a <c>progress</c> object.</summary>
internal sealed class JsonObserver(Terminal terminal) : IRunObserver, IPaceObserver
{
    public TimeSpan PaceEvery => PlainObserver.LogPace;

    public void Paced(Pace pace) => terminal.Object(new
    {
        type = "progress",
        job = pace.Job,
        done = pace.Done,
        total = pace.Total,
        held = pace.Held,
        failed = pace.Failed,
        perMinute = Always.Of(pace.PerMinute is { } rate ? Math.Round(rate, 1) : (double?)null),
        secondsLeft = Always.Of(pace.Left is { } left ? Math.Round(left.TotalSeconds) : (double?)null),
    });

    public void Planned(string job, int windows, int notDue)
    {
    }

    public void Moved(WindowKey key, WindowState state)
    {
    }

    public void Progressed(WindowKey key, PullProgress progress)
    {
    }

    public void Exported(ExportOutcome outcome) => ExportText.Tell(terminal, outcome);

    public void Finished(WindowOutcome outcome) => terminal.Object(new
    {
        type = "window",
        job = outcome.Key.Job,
        source = outcome.Key.Source,
        account = outcome.Key.Account,
        window = outcome.Key.Label,
        state = outcome.State.ToString().ToLowerInvariant(),
        // Scripts count on every name of the contract, also when there is no pull or no size.
        pull = Always.Of(outcome.Pull),
        fence = outcome.Fence,
        rows = outcome.Rows,
        quarantined = outcome.Quarantined,
        checks = outcome.Checks.Select(c => new { name = c.Name, verdict = c.Verdict.ToString().ToLowerInvariant(), detail = c.Detail }),
        targets = outcome.Targets.Select(t => new
        {
            kind = t.Kind,
            path = t.Kind == "parquet" ? t.Location : null,
            table = t.Kind == "table" ? t.Location : null,
            rows = t.Rows,
            bytes = Always.Of(t.Bytes),
        }),
        restated = outcome.Restated is { } rows ? new { added = rows.Added, removed = rows.Removed, changed = rows.Changed } : null,
        code = outcome.Code,
        message = outcome.Message,
    });
}
