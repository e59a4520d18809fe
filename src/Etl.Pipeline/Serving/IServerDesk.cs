using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Scheduling;

namespace Etl.Pipeline.Serving;

/// <summary>What a person or another system may see and want of a running server: the page, the API and the webhooks speak to it, and to nothing behind it.</summary>
public interface IServerDesk
{
    /// <summary>The jobs as their files are now.</summary>
    IReadOnlyList<JobDefinition> Jobs { get; }

    /// <summary>What is wrong with the job files since they were read last, or null: the jobs go on as they were.</summary>
    string? JobFault { get; }

    /// <summary><c>quartz</c> or <c>hangfire</c>.</summary>
    string Engine { get; }

    /// <summary>When each job looks next what is due, in order of time.</summary>
    Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation);

    /// <summary>Asks for a window, or with no label for a look at what is due; a free worker of any server takes it.</summary>
    /// <param name="item">The window, or the look.</param>
    /// <param name="by">Who asks, for people: <c>page: ann</c>, <c>hook</c>.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>False when the same is asked for already.</returns>
    /// <exception cref="EtlException">There is no such job, or the label is not one of its windows.</exception>
    Task<bool> AskAsync(WorkItem item, string by, CancellationToken cancellation);

    /// <summary>Takes a window back that waits, and cancels it where it runs. False when it does neither.</summary>
    Task<bool> CancelAsync(string job, string label, CancellationToken cancellation);

    /// <summary>Publishes the held pulls of one window.</summary>
    /// <exception cref="EtlException">There is none, its rows are gone, or another run works on the window.</exception>
    Task<IReadOnlyList<WindowOutcome>> ReleaseAsync(string job, string label, CancellationToken cancellation);
}
