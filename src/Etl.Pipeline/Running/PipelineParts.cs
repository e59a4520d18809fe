using Etl.Core.Exports;
using Etl.Core.Ledger;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;

namespace Etl.Pipeline.Running;

/// <summary>Everything a run works with, put together by the composition root.</summary>
public sealed record PipelineParts
{
    public required ILedger Ledger { get; init; }
    public required ISourceFactory Sources { get; init; }
    public required ITargetFactory Targets { get; init; }
    public required IStagingArea Staging { get; init; }
    public required IQuarantineStore Quarantine { get; init; }
    public required IRawStore Raw { get; init; }
    public required IRunObserver Observer { get; init; }

    /// <summary>Makes the exports of jobs when their windows are done; null where no job has any.</summary>
    public IExporter? Exporter { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Names this worker in leases.</summary>
    public string Owner { get; init; } = WorkerName.New();

    /// <summary>How leases are kept.</summary>
    public LeaseOptions Lease { get; init; } = new();

    /// <summary>
    /// Begins work beside the caller's: on the thread pool. The simulation of the tests puts all of it on its own thread, so that a seed always gives the
    /// same order of events.
    /// </summary>
    internal Func<Func<Task>, Task> Beside { get; init; } = work => Task.Run(work, CancellationToken.None);

    /// <summary>What this worker is working on; copies of the parts share it, since they share the name.</summary>
    internal WindowsInHand InHand { get; } = new();
}
