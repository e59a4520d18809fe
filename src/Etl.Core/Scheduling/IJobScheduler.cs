using Etl.Core.Jobs;

namespace Etl.Core.Scheduling;

/// <summary>
/// An alarm clock and a way to hand work to many workers, and nothing more: the ledger decides what is due, and fences keep a
/// pull that comes late or twice from doing harm. So an engine may fire late, twice, or on two nodes at once; it must not forget
/// an alarm that came while it was down, and must not lose work that it took. While its store cannot be reached its calls throw a transient
/// <see cref="Errors.EtlException"/>; what runs goes on, and so does the engine when the store is back.
/// </summary>
public interface IJobScheduler : IAsyncDisposable
{
    /// <summary><c>quartz</c> or <c>hangfire</c>.</summary>
    string Engine { get; }

    /// <summary>
    /// Brings the stored alarms in line with these and begins to work. An alarm whose text did not change keeps its state, so that one
    /// which was missed while no node ran fires once now; a changed one takes effect; one that is not named any more is removed.
    /// </summary>
    /// <param name="alarms">Recurring alarms, at most one for each job.</param>
    /// <param name="work">Does one item; called from several threads, as many at once as the engine has workers. What it throws is told and not repeated.</param>
    /// <param name="cancellation">Stops the start.</param>
    /// <exception cref="Errors.EtlException">Its store is away for now (transient): nothing runs, and it may be started again.</exception>
    Task StartAsync(IReadOnlyList<JobAlarm> alarms, Func<WorkItem, CancellationToken, Task> work, CancellationToken cancellation);

    /// <summary>Brings the stored alarms in line with these while the engine runs.</summary>
    Task SetAlarmsAsync(IReadOnlyList<JobAlarm> alarms, CancellationToken cancellation);

    /// <summary>Hands an item to whichever worker is free, on any node. False when the same item waits or runs already; it is then left as it is.</summary>
    Task<bool> EnqueueAsync(WorkItem item, CancellationToken cancellation);

    /// <summary>Takes a waiting item back and cancels it where it runs. False when there is none.</summary>
    Task<bool> CancelAsync(WorkItem item, CancellationToken cancellation);

    /// <summary>When each alarm fires next, in order of time.</summary>
    Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation);

    /// <summary>
    /// Stops taking work and gives what runs some time to end; past it, its token is cancelled. Items that did not end go back
    /// to wait for another worker or the next start.
    /// </summary>
    Task StopAsync(TimeSpan grace);
}

/// <summary>A recurring alarm.</summary>
/// <param name="Job">The job.</param>
/// <param name="Schedule">When.</param>
public sealed record JobAlarm(string Job, ScheduleSpec Schedule);

/// <summary>
/// Something for a worker to do. Two items with the same name are the same work.
/// </summary>
/// <param name="Job">The job.</param>
/// <param name="Label">A window, or null for "look what is due and hand it out".</param>
/// <param name="Force">Pull the window even if it is landed, frozen or parked: a person says so.</param>
/// <param name="Again">Pull the window even if it is landed or frozen: another system says so. One that is parked stays so. For the backlog only; an engine is given none.</param>
public sealed record WorkItem(string Job, string? Label = null, bool Force = false, bool Again = false)
{
    /// <summary>The item in one word.</summary>
    public string Name => Label is null ? Job : $"{Job}/{Label}{(Force ? "!" : Again ? "+" : "")}";

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The next time of an alarm.</summary>
/// <param name="Job">The job.</param>
/// <param name="At">When, in UTC.</param>
public sealed record NextFiring(string Job, DateTimeOffset At);
