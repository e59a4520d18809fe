using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Serving;

/// <summary>
/// Does what a scheduler hands out: "look what is due" becomes one item for each due window, and an item that names a window runs it.
/// So the windows of a night spread over all free workers, of all nodes. Doing an item twice, late, or on two nodes at once is harmless:
/// the ledger says that nothing is due any more, or that another worker has the window.
/// </summary>
/// <param name="parts">What a run works with.</param>
/// <param name="find">Finds a job by name as its file has it now; null when there is none.</param>
/// <param name="enqueue">Hands an item to a free worker.</param>
/// <param name="warn">Takes one sentence that a person should read; from several threads.</param>
public sealed class JobWork(
    PipelineParts parts, Func<string, JobDefinition?> find, Func<WorkItem, CancellationToken, Task> enqueue, Action<string> warn)
{
    /// <summary>Does one item.</summary>
    /// <returns>Outcomes of the windows that it ran; empty for an item that handed others out.</returns>
    /// <exception cref="EtlException">The plan could not be made: the ledger or the list of accounts is not to be had.</exception>
    public async Task<IReadOnlyList<WindowOutcome>> DoAsync(WorkItem item, CancellationToken cancellation)
    {
        if (find(item.Job) is not { } job)
        {
            warn($"'{item}' was left out: there is no job '{item.Job}' any more, or its file has faults. 'etl validate' tells.");
            return [];
        }
        if (job.IsLive) return [];
        if (item.Label is null)
        {
            await HandOutAsync(job, cancellation).ConfigureAwait(false);
            return [];
        }
        var named = new PlanOptions { From = item.Label, To = item.Label, Force = item.Force, Again = item.Again };
        var (_, outcomes) = await new JobRunner(parts).RunAsync(job, named, JobRunner.DefaultParallel, cancellation).ConfigureAwait(false);
        return outcomes;
    }

    private async Task HandOutAsync(JobDefinition job, CancellationToken cancellation)
    {
        var plan = await new JobRunner(parts).PlanAsync(job, new PlanOptions(), cancellation).ConfigureAwait(false);
        // Newest first: what people look at in the morning is last night.
        foreach (var label in plan.Due.OrderByDescending(d => d.Window.From).Select(d => d.Key.Label).Distinct())
            await enqueue(new WorkItem(job.Name, label), cancellation).ConfigureAwait(false);
    }
}
