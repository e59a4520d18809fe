using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Core.Text;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Serving;

public sealed partial class JobServer : IServerDesk
{
    /// <inheritdoc/>
    public IReadOnlyList<JobDefinition> Jobs => _jobs;

    /// <inheritdoc/>
    public string? JobFault { get; private set; }

    /// <inheritdoc/>
    public string Engine => _scheduler.Engine;

    /// <inheritdoc/>
    public Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation) => _scheduler.NextAsync(cancellation);

    /// <inheritdoc/>
    public async Task<bool> AskAsync(WorkItem item, string by, CancellationToken cancellation)
    {
        var job = Find(item.Job);
        var now = _parts.Time.GetUtcNow();
        if (job.IsLive) throw new EtlException(FaultKind.Usage, $"'{job.Name}' is a live job: its minutes are collected while they pass and cannot be asked for.") { Code = "live" };
        if (item.Label is not null) DuePlanner.Named(job, item.Label, item.Label, now);
        var added = await _backlog.AddAsync([new BacklogItem(item, Guid.NewGuid().ToString("n"), by, Parallel: null, now)], cancellation).ConfigureAwait(false);
        Wake();
        return added > 0;
    }

    /// <inheritdoc/>
    public async Task<bool> CancelAsync(string job, string label, CancellationToken cancellation)
    {
        // The same window may be asked for by a person, another system and its schedule.
        // First here, so that what runs knows who cancelled it when its engine breaks it off.
        var found = _worker?.Cancel(job, label) ?? false;
        foreach (var item in (WorkItem[])[new(job, label), new(job, label, Force: true), new(job, label, Again: true)])
        {
            found |= await _backlog.RemoveAsync(item, cancellation).ConfigureAwait(false);
            found |= await _scheduler.CancelAsync(item, cancellation).ConfigureAwait(false);
        }
        if (!await IsWorkedOnAsync(job, label, cancellation).ConfigureAwait(false)) return found;
        await _backlog.CancelAsync(job, label, cancellation).ConfigureAwait(false);
        Wake();
        return true;
    }

    private async Task<bool> IsWorkedOnAsync(string job, string label, CancellationToken cancellation)
    {
        if ((await _backlog.ListAsync(cancellation).ConfigureAwait(false)).Any(i => i.Item.Job == job && i.Item.Label == label && i.TakenBy is not null)) return true;
        var servers = await _backlog.ServersAsync(cancellation).ConfigureAwait(false);
        return (await _parts.Ledger.WindowsAsync(job, cancellation).ConfigureAwait(false)).Any(w => w.Key.Label == label && w.IsLeased && servers.Any(s => s.Name == w.Owner));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<WindowOutcome>> ReleaseAsync(string job, string label, CancellationToken cancellation) =>
        new Releaser(_parts).ReleaseAsync(Find(job), label, cancellation);

    private JobDefinition Find(string name) => _jobs.FirstOrDefault(j => j.Name == name)
        ?? throw new EtlException(FaultKind.Usage, $"There is no job '{name}'.{Nearest.Hint(name, _jobs.Select(j => j.Name))}") { Code = "no-such-job" };
}
