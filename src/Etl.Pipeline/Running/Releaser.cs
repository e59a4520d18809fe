using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;

namespace Etl.Pipeline.Running;

/// <summary>Publishes held pulls on a person's word.</summary>
public sealed class Releaser(PipelineParts parts)
{
    /// <summary>Publishes the held pulls of one window label: all sources and accounts of the job that have one.</summary>
    /// <exception cref="EtlException">There is none, its staged rows are gone, or another run works on the window.</exception>
    public async Task<IReadOnlyList<WindowOutcome>> ReleaseAsync(JobDefinition job, string label, CancellationToken cancellation)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var window = calendar.Parse(label);
        var records = await parts.Ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false);
        var held = records.Where(r => r.Key.Label == label && r.HeldPull is not null).ToList();
        if (held.Count == 0)
        {
            var others = records.Where(r => r.HeldPull is not null).Select(r => r.Key.Label).Distinct().ToList();
            throw new EtlException(
                FaultKind.Usage,
                $"Window '{label}' of job '{job.Name}' has no held pull." + (others.Count > 0 ? $" Held: {string.Join(", ", others)}." : " No window of this job is held."));
        }
        var outcomes = new List<WindowOutcome>();
        foreach (var record in held)
        {
            try
            {
                outcomes.Add(await ReleaseAsync(job, record, window, cancellation).ConfigureAwait(false));
            }
            catch (EtlException e) when (held.Count > 1)
            {
                // What the others of this label published must be told all the same.
                var failed = new WindowOutcome
                {
                    Key = record.Key, State = WindowState.Held, Pull = record.HeldPull, ExitCode = ExitCode.Of(e.Kind), Code = e.Code, Message = e.Message,
                };
                parts.Observer.Finished(failed);
                outcomes.Add(failed);
            }
        }
        await ExportStep.AfterAsync(parts, job, cancellation).ConfigureAwait(false);
        return outcomes;
    }

    private async Task<WindowOutcome> ReleaseAsync(JobDefinition job, WindowRecord record, Window window, CancellationToken cancellation)
    {
        var pull = record.HeldPull!;
        using var staged = parts.Staging.Open(pull) ?? throw new EtlException(
            FaultKind.Window, $"The staged rows of held pull '{pull}' are gone. Run the window again: 'etl run {job.Name} --from {window.Label} --to {window.Label}'.");
        var source = job.Sources.FirstOrDefault(s => s.Name == record.Key.Source) ?? throw new EtlException(
            FaultKind.Usage, $"Job '{job.Name}' no longer has the source '{record.Key.Source}' that was held.");
        var targets = job.Land.Where(l => l.From == source.Name).Select(l => parts.Targets.Create(l, source.TellsAccounts)).ToList();
        using var hand = parts.InHand.TryTake(record.Key);
        var lease = hand is null ? null
            : await parts.Ledger.TryLeaseAsync(record.Key, window, parts.Owner, parts.Lease.Lifetime, record.LandedFence, cancellation).ConfigureAwait(false);
        if (lease is null) throw new EtlException(FaultKind.Window, $"Another run is working on window '{record.Key}'. Try again when it is done.") { IsTransient = true };
        var keeper = new LeaseKeeper(parts, lease, cancellation);
        try
        {
            await using (keeper.ConfigureAwait(false))
            {
                var known = (await parts.Ledger.PullsAsync(record.Key, keeper.Token).ConfigureAwait(false)).FirstOrDefault(p => p.Pull == pull);
                var outcome = await new StagedLanding(parts, job, window, lease).LandAsync(
                    staged, targets, "released", "Refused: a newer pull of this window is already published; the held one was not released.", keeper.Token).ConfigureAwait(false);
                outcome = outcome with { Quarantined = known?.Quarantined ?? 0 };
                parts.Observer.Finished(outcome);
                return outcome;
            }
        }
        catch (OperationCanceledException) when (keeper.Lost is not null)
        {
            throw Lost(keeper.Lost);
        }
        catch (LeaseLostException e)
        {
            throw Lost(e);
        }
        catch (Exception e) when (e is EtlException or OperationCanceledException)
        {
            // Back to held: the staged rows are still there.
            await parts.Ledger.SettleAsync(
                lease, new Settlement { State = WindowState.Held, Stamp = staged.Stamp, Reason = record.Reason }, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        EtlException Lost(LeaseLostException cause) => new(
            FaultKind.Window, $"The held pull was not seen to be released. {cause.Message} 'etl history {job.Name} --window {window.Label}' shows what is published now.", cause)
        { Code = "lease-lost" };
    }
}
