using Etl.Core.Scheduling;
using Quartz;

namespace Etl.Scheduling.Quartz;

/// <summary>One item of work as Quartz stores and runs it: texts only, so that no type of ours is in its tables but this class.</summary>
internal sealed class WorkJob(Func<WorkItem, CancellationToken, Task> work, Action<string> warn) : IJob
{
    private const string Job = "job", Label = "label", Force = "force";

    /// <summary>The Quartz job of an item. Recovery is on: without it Quartz forgets what a killed node had begun.</summary>
    public static JobBuilder<WorkJob> Describe(WorkItem item) => JobBuilder.Create<WorkJob>()
        .UsingJobData(Job, item.Job)
        .UsingJobData(Label, item.Label ?? "")
        .UsingJobData(Force, item.Force ? "yes" : "")
        .DisallowConcurrentExecution(true)
        .RequestRecovery(true);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var data = context.MergedJobDataMap;
        var label = data.GetString(Label);
        var item = new WorkItem(data.GetString(Job)!, string.IsNullOrEmpty(label) ? null : label, data.GetString(Force) == "yes");
        try
        {
            await work(item, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception fault)
        {
            // The ledger has the window as failed and due; an engine's retry would only knock again at once.
            warn($"'{item}' ended with a fault: {fault.Message}");
        }
    }
}
