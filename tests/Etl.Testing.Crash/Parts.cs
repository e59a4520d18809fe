using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Quarantine;
using Etl.Landing.Raw;
using Etl.Landing.Staging;
using Etl.Pipeline.Running;

namespace Etl.Testing.Crash;

/// <summary>The real parts of a pipeline over a data folder, with nobody who watches.</summary>
internal static class Parts
{
    public static PipelineParts Of(string data, ILedger ledger, ITargetFactory targets, ISourceFactory sources, TimeProvider time) => new()
    {
        Ledger = ledger,
        Sources = sources,
        Targets = targets,
        Staging = new ParquetStagingArea(data),
        Quarantine = new QuarantineStore(data),
        Raw = new RawStore(data, time),
        Observer = new Nobody(),
        Time = time,
    };

    private sealed class Nobody : IRunObserver
    {
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
    }
}
