using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Core.Windows;
using Etl.Pipeline.Serving;

namespace Etl.Server.Tests.Support;

/// <summary>A desk that notes what it is asked for.</summary>
internal sealed class FakeDesk(TimeProvider time) : IServerDesk
{
    public ConcurrentQueue<string> Asked { get; } = new();

    public List<JobDefinition> JobList { get; } = [Job("nightly"), Job("weekly")];

    /// <summary>What every question throws; null for nothing.</summary>
    public Exception? Fault { get; set; }

    public IReadOnlyList<JobDefinition> Jobs => JobList;

    public string? JobFault { get; set; }

    public string Engine => "quartz";

    public Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation) => Fault is null
        ? Task.FromResult<IReadOnlyList<NextFiring>>([new NextFiring("nightly", time.GetUtcNow().AddHours(1))])
        : Task.FromException<IReadOnlyList<NextFiring>>(Fault);

    public Task<bool> AskAsync(WorkItem item, string by, CancellationToken cancellation)
    {
        Find(item.Job);
        Asked.Enqueue($"ask {item} by {by}");
        return Task.FromResult(true);
    }

    public Task<bool> CancelAsync(string job, string label, CancellationToken cancellation)
    {
        Find(job);
        Asked.Enqueue($"cancel {job}/{label}");
        return Task.FromResult(false);
    }

    public Task<IReadOnlyList<WindowOutcome>> ReleaseAsync(string job, string label, CancellationToken cancellation)
    {
        Find(job);
        Asked.Enqueue($"release {job}/{label}");
        return Task.FromResult<IReadOnlyList<WindowOutcome>>(
            [new WindowOutcome { Key = new WindowKey(job, "main", "101", label), State = WindowState.Landed, Rows = 12, Pull = "p1" }]);
    }

    public static JobDefinition Job(string name, WindowUnit every = WindowUnit.Day) => new()
    {
        Name = name,
        About = "Plays per entry and day.",
        Schedule = new ScheduleSpec("15 2 * * *", "America/New_York"),
        Sources = [],
        Window = new WindowSpec { Every = every, TimeZone = "America/New_York" },
        Land = [],
    };

    private void Find(string job)
    {
        if (Fault is not null) throw Fault;
        if (JobList.All(j => j.Name != job)) throw new EtlException(FaultKind.Usage, $"There is no job '{job}'.") { Code = "no-such-job" };
    }
}
