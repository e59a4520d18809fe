using Etl.Core.Exports;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Cli.Output;

/// <summary>Passes on what a run of one job in this process tells, and how fast it goes on.</summary>
internal sealed class PacedObserver(IRunObserver inner, TimeProvider time) : IRunObserver
{
    private volatile PaceMeter? _meter;

    public void Planned(string job, int windows, int notDue)
    {
        inner.Planned(job, windows, notDue);
        _meter = new PaceMeter(job, windows, inner, time);
    }

    public void Moved(WindowKey key, WindowState state)
    {
        inner.Moved(key, state);
        _meter?.Tell();
    }

    public void Progressed(WindowKey key, PullProgress progress)
    {
        inner.Progressed(key, progress);
        _meter?.Tell();
    }

    public void Finished(WindowOutcome outcome)
    {
        inner.Finished(outcome);
        _meter?.Ended([outcome]);
    }

    public void Exported(ExportOutcome outcome) => inner.Exported(outcome);
}
