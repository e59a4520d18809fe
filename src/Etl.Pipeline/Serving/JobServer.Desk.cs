using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Core.Text;
using Etl.Core.Windows;
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
    public Task<bool> AskAsync(WorkItem item, string by, CancellationToken cancellation)
    {
        var job = Find(item.Job);
        if (item.Label is not null) new WindowCalendar(job.Window.TimeZone, job.Window.Every).Parse(item.Label);
        return _scheduler.EnqueueAsync(item, cancellation);
    }

    /// <inheritdoc/>
    public async Task<bool> CancelAsync(string job, string label, CancellationToken cancellation)
    {
        // The same window may be asked for with and without force.
        var plain = await _scheduler.CancelAsync(new WorkItem(job, label), cancellation).ConfigureAwait(false);
        return await _scheduler.CancelAsync(new WorkItem(job, label, Force: true), cancellation).ConfigureAwait(false) || plain;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<WindowOutcome>> ReleaseAsync(string job, string label, CancellationToken cancellation) =>
        new Releaser(_parts).ReleaseAsync(Find(job), label, cancellation);

    private JobDefinition Find(string name) => _jobs.FirstOrDefault(j => j.Name == name)
        ?? throw new EtlException(FaultKind.Usage, $"There is no job '{name}'.{Nearest.Hint(name, _jobs.Select(j => j.Name))}") { Code = "no-such-job" };
}
