using Etl.Core.Checks;
using Etl.Core.Exports;
using Etl.Core.Ledger;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Core.Runs;

/// <summary>Watches a run: for progress displays, JSON output and logs. Calls may come from several threads at once.</summary>
public interface IRunObserver
{
    /// <summary>The run knows what it will do.</summary>
    void Planned(string job, int windows, int notDue);

    /// <summary>A window's state changed.</summary>
    void Moved(WindowKey key, WindowState state);

    /// <summary>A pull moved on.</summary>
    void Progressed(WindowKey key, PullProgress progress);

    /// <summary>A window is finished, well or not.</summary>
    void Finished(WindowOutcome outcome);

    /// <summary>An export was made or delivered, there was nothing to, or it could not be.</summary>
    void Exported(ExportOutcome outcome)
    {
    }
}

/// <summary>How one window ended in one run.</summary>
public sealed record WindowOutcome
{
    public required WindowKey Key { get; init; }
    public required WindowState State { get; init; }
    public string? Pull { get; init; }
    public long Fence { get; init; }
    public long Rows { get; init; }

    /// <summary>Rows that went to quarantine; <see cref="Rows"/> does not count them.</summary>
    public long Quarantined { get; init; }

    public IReadOnlyList<CheckResult> Checks { get; init; } = [];
    public IReadOnlyList<TargetOutcome> Targets { get; init; } = [];

    /// <summary>What the pull changed of the rows that were published before, at the first target that can tell; null when nothing.</summary>
    public RestatedRows? Restated => Targets.Select(t => t.Restated).FirstOrDefault(r => r is not null);

    /// <summary>Exit code that this window asks for.</summary>
    public int ExitCode { get; init; }

    /// <summary>What went wrong and what to do, or null.</summary>
    public string? Message { get; init; }

    /// <summary>Stable code of the fault, or null.</summary>
    public string? Code { get; init; }

    public TimeSpan Elapsed { get; init; }

    /// <summary>True when the pull is one of an earlier run whose landing was interrupted, and the service was not asked.</summary>
    public bool IsRolledForward { get; init; }

    /// <summary>True when the job speaks of accounts, so that the window's account belongs to its name.</summary>
    public bool TellsAccount { get; init; }
}

/// <summary>What landed at one target.</summary>
public sealed record TargetOutcome(string Kind, string Location, long Rows, long? Bytes, LandingOutcome Outcome)
{
    /// <summary>What it changed of the rows that were published before; null when nothing, or where the target cannot tell.</summary>
    public RestatedRows? Restated { get; init; }
}
