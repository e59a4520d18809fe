using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Server.Reading;

/// <summary>One window of a job with its whole history.</summary>
/// <param name="Job">The job as its file is now.</param>
/// <param name="Window">Label and bounds.</param>
/// <param name="Parts">What there is of it, for each source and account; empty before its first lease.</param>
public sealed record WindowDetail(JobDefinition Job, Window Window, IReadOnlyList<WindowPart> Parts)
{
    /// <summary>Reads one.</summary>
    /// <exception cref="EtlException">There is no such job, or the label is not one of its windows.</exception>
    public static async Task<WindowDetail> ReadAsync(ServerParts parts, string job, string label, CancellationToken cancellation)
    {
        var definition = FindJob(parts, job);
        var window = new WindowCalendar(definition.Window.TimeZone, definition.Window.Every).Parse(label);
        var records = await parts.Views.ListAsync(new WindowQuery(job) { Label = label }, 0, int.MaxValue, cancellation).ConfigureAwait(false);
        var read = new List<WindowPart>();
        foreach (var record in records)
        {
            read.Add(new WindowPart(
                record,
                await parts.Ledger.PullsAsync(record.Key, cancellation).ConfigureAwait(false),
                await parts.Ledger.LandingsAsync(record.Key, cancellation).ConfigureAwait(false),
                await parts.Ledger.StepsAsync(record.Key, cancellation).ConfigureAwait(false)));
        }
        return new WindowDetail(definition, window, read);
    }

    /// <summary>A job by name.</summary>
    /// <exception cref="EtlException">There is none.</exception>
    public static JobDefinition FindJob(ServerParts parts, string job) => parts.Desk.Jobs.FirstOrDefault(j => j.Name == job)
        ?? throw new EtlException(FaultKind.Usage, $"There is no job '{job}' on this server.") { Code = "no-such-job" };
}

/// <summary>A window of one source and account.</summary>
/// <param name="Record">How it stands.</param>
/// <param name="Pulls">Its pulls, oldest first, with proofs and checks.</param>
/// <param name="Landings">Its landings, oldest first.</param>
/// <param name="Steps">The log of all work on it, oldest first.</param>
public sealed record WindowPart(
    WindowRecord Record, IReadOnlyList<PullRecord> Pulls, IReadOnlyList<LandingRecord> Landings, IReadOnlyList<StepRecord> Steps);
