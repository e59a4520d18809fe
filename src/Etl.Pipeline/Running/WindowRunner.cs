using System.Diagnostics;
using System.Text.Json;
using Etl.Core.Checks;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Checks;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Pulling;
using Etl.Pipeline.Restating;
using Etl.Pipeline.Schemas;
using Etl.Pipeline.SecondPaths;

namespace Etl.Pipeline.Running;

/// <summary>
/// Works on one window:
/// 1 lease (with a fence above all published ones); 2 sweep what dead runs left; 3 pull into the staging area; 4 check, by a second path too where the job says so,
/// pulling once more when totals or paths disagree; 5 hold, or land at every target; 6 settle in the ledger and give the lease back.
/// A fault at any step leaves the published rows as they were and the window due. Where the landing itself broke off, the checked pull waits in the staging
/// area: the next run lands it everywhere before it asks the service for anything, and pulls anew only what is owed beyond it.
/// A recorded pull goes the same way, but for the second path, over a source that answers from its recording, with the id and the time that it had;
/// one that is typed anew with an id of its own.
/// </summary>
internal sealed class WindowRunner(PipelineParts parts, Recorded? recorded = null)
{
    public async Task<WindowOutcome> RunAsync(JobDefinition job, PlannedWindow planned, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var outcome = await TryAsync(job, planned, cancellation).ConfigureAwait(false);
        // An older pull was brought everywhere; a newer one is owed as well.
        if (outcome.IsRolledForward && !cancellation.IsCancellationRequested
            && await parts.Ledger.FindWindowAsync(planned.Key, CancellationToken.None).ConfigureAwait(false) is { } record && record.Settled < planned.Owed)
            outcome = await TryAsync(job, planned with { Record = record }, cancellation).ConfigureAwait(false);
        outcome = outcome with { Elapsed = clock.Elapsed, TellsAccount = planned.Source.TellsAccounts };
        parts.Observer.Finished(outcome);
        return outcome;
    }

    private async Task<WindowOutcome> TryAsync(JobDefinition job, PlannedWindow planned, CancellationToken cancellation)
    {
        var key = planned.Key;
        WindowOutcome outcome;
        Lease? lease = null;
        try
        {
            // 1
            var targets = Targets(job, planned);
            var published = await PublishedAsync(targets, planned, cancellation).ConfigureAwait(false);
            if (planned.Record?.Owner is { } before && WorkerName.IsGone(before))
                await parts.Ledger.BreakLeaseAsync(key, before, cancellation).ConfigureAwait(false);
            lease = await parts.Ledger.TryLeaseAsync(
                key, planned.Window, parts.Owner, parts.LeaseLifetime, published.Select(p => p.Pull.Fence).DefaultIfEmpty().Max(), cancellation).ConfigureAwait(false);
            outcome = lease is null
                ? new WindowOutcome { Key = key, State = WindowState.Leased, Message = "Another run is working on this window; it was left alone.", Code = "busy" }
                : await WorkAsync(job, planned, lease, targets, cancellation).ConfigureAwait(false);
        }
        catch (LandingCancelledException) when (cancellation.IsCancellationRequested)
        {
            // Some places may have the new pull and others the old one: the window stays due until they agree.
            const string Message = "Cancelled while landing; each place holds one whole pull, and the next run brings them together.";
            outcome = await EndAsync(
                lease, key, new Settlement { State = WindowState.Unknown, Reason = Message }, ExitCode.Cancelled, "cancelled", Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            outcome = await EndAsync(
                lease, key, await BeforeAsync(planned).ConfigureAwait(false), ExitCode.Cancelled, "cancelled", "Cancelled; nothing was published.").ConfigureAwait(false);
        }
        catch (LeaseLostException e)
        {
            // Whoever took the window over may fail as well, and nobody has it when it was the ledger that did not answer: no success.
            outcome = new WindowOutcome
            {
                Key = key, State = WindowState.Superseded, Fence = lease?.Fence ?? 0, ExitCode = ExitCode.WindowFailed, Message = e.Message, Code = "lease-lost",
            };
        }
        catch (EtlException e)
        {
            outcome = await FailAsync(lease, planned, ExitCode.Of(e.Kind), e.Code, e.Message).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk shows at any write, also at one that nobody has words for; it must not take the other windows along.
            outcome = await FailAsync(lease, planned, ExitCode.WindowFailed, "disk", e.Message).ConfigureAwait(false);
        }
        return outcome;
    }

    private async Task<WindowOutcome> WorkAsync(
        JobDefinition job, PlannedWindow planned, Lease lease, IReadOnlyList<ITarget> targets, CancellationToken cancellation)
    {
        var keeper = new LeaseKeeper(parts.Ledger, lease, parts.LeaseLifetime, parts.Time, cancellation);
        await using (keeper.ConfigureAwait(false))
        {
            try
            {
                // 2; what is held is asked now that nobody else can hold: the plan may be older than another run's hold
                var record = await parts.Ledger.FindWindowAsync(planned.Key, keeper.Token).ConfigureAwait(false);
                var held = record?.HeldPull;
                if (await RollForwardAsync(job, planned, lease, record, targets, keeper.Token).ConfigureAwait(false) is { } done) return done;
                await SweepStagingAsync(planned.Key, held, keeper.Token).ConfigureAwait(false);
                parts.Quarantine.Sweep(planned.Key);
                foreach (var target in targets) await target.SweepAsync(planned.Key, planned.Window, keeper.Token).ConfigureAwait(false);
                var found = await PublishedAsync(targets, planned, keeper.Token).ConfigureAwait(false);
                if (recorded is not null) await recorded.RefuseOlderAsync(parts.Ledger, [.. found.Select(f => f.Pull)], keeper.Token).ConfigureAwait(false);
                // The target that has most to lose: a pull that it must not take is held for all.
                var published = found.OrderByDescending(f => f.Pull.Rows).Select(f => ((string Target, PublishedPull Pull)?)f).FirstOrDefault();

                // 3, 4
                var pulled = await PullAsync(job, planned, lease, published, keeper.Token).ConfigureAwait(false);
                if (recorded is null && pulled.Checks.FirstOrDefault(c => c is { Name: "totals" or SecondPathCheck.Name, Verdict: Verdict.Hold }) is { } moving)
                {
                    // The data may have moved between two requests: one more try of all of them.
                    var disagree = moving.Name == "totals" ? "totals disagree" : "the two paths disagree";
                    await MoveAsync(lease, WindowState.Pulling, pulled.Stamp.Pull, $"{disagree}: pulling once more", keeper.Token).ConfigureAwait(false);
                    Forget(planned.Key, pulled.Stamp.Pull);
                    pulled = await PullAsync(job, planned, lease, published, keeper.Token).ConfigureAwait(false);
                }
                if (held is not null && held != pulled.Stamp.Pull) Forget(planned.Key, held);

                // 5, 6
                return PullChecks.Holds(pulled.Checks)
                    ? await HoldAsync(planned, lease, pulled).ConfigureAwait(false)
                    : await LandAsync(job, planned, lease, pulled, targets, keeper.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (keeper.Lost)
            {
                throw new LeaseLostException(lease);
            }
        }
    }

    /// <summary>Lands the pull of an earlier run that waits; null when there is none, or it can never land and so another one is pulled.</summary>
    private async Task<WindowOutcome?> RollForwardAsync(
        JobDefinition job, PlannedWindow planned, Lease lease, WindowRecord? record, IReadOnlyList<ITarget> targets, CancellationToken cancellation)
    {
        if (recorded is not null || planned.Forced || job.IsLive) return null;
        var definition = planned.Source.DefinitionHash(job.Window.TimeZone);
        if (await WaitingPull.FindAsync(parts, planned.Key, record, definition, cancellation).ConfigureAwait(false) is not { } waiting) return null;
        try
        {
            using var staged = parts.Staging.Open(waiting.Pull);
            if (staged is null) return null;
            foreach (var target in targets) await target.SweepAsync(planned.Key, planned.Window, cancellation).ConfigureAwait(false);
            var outcome = await new StagedLanding(parts, job, planned.Window, lease).LandAsync(
                staged, targets, "landing again what an earlier run pulled and could not land everywhere", "A newer pull of this window is published; the one of an earlier run was dropped.", cancellation).ConfigureAwait(false);
            if (outcome.State == WindowState.Superseded) parts.Staging.Remove(waiting.Pull);
            parts.Observer.Moved(planned.Key, outcome.State);
            return outcome with
            {
                IsRolledForward = true,
                Quarantined = waiting.Quarantined,
                Checks = waiting.Checks,
                // Superseded: the pull is gone, and what is owed is pulled next.
                ExitCode = ExitCode.Done,
                Code = null,
                Message = outcome.Message ?? $"An earlier run pulled it at {waiting.StartedAt:u} and could not land it everywhere; it is landed now, without asking the service again.",
            };
        }
        catch (EtlException e) when (!e.IsTransient && e is not { Code: "not-durable" })
        {
            // Damaged, or refused for good: a new pull may fare better.
            await parts.Ledger.MoveAsync(lease, WindowState.Leased, waiting.Pull, $"dropped what an earlier run pulled: {e.Message}", cancellation).ConfigureAwait(false);
            parts.Staging.Remove(waiting.Pull);
            return null;
        }
        catch (OperationCanceledException e)
        {
            throw new LandingCancelledException(e);
        }
    }

    private async Task<Pulled> PullAsync(JobDefinition job, PlannedWindow planned, Lease lease, (string Target, PublishedPull Pull)? published, CancellationToken cancellation)
    {
        var startedAt = recorded?.PulledAt ?? parts.Time.GetUtcNow();
        var pull = recorded?.Pull ?? NewPullId(startedAt);
        var definition = planned.Source.DefinitionHash(job.Window.TimeZone);
        await MoveAsync(lease, WindowState.Pulling, pull, planned.Why, cancellation).ConfigureAwait(false);
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var before = await SchemaBefore.AskAsync(parts.Ledger, planned.Key, definition, recorded?.Head.Pull, cancellation).ConfigureAwait(false);
        var request = new PullRequest(
            planned.Key, planned.Window, calendar.TimeZoneOffsetMinutes(planned.Window), job.Window.TimeZone, pull, job.Schema)
        {
            Together = planned.Together,
            StaysText = before.StaysText,
            Handles = recorded is null ? new WindowHandles(parts.Ledger, lease, definition) : new NoHandles(),
        };
        var source = parts.Sources.Create(planned.Source, planned.Key.Account);
        var captures = recorded is null or { IsAnew: true };
        using var raw = captures ? await parts.Raw.BeginAsync(planned.Key, pull, cancellation).ConfigureAwait(false) : NoCapture.Instance;
        using var sink = new StagingSink(parts.Staging, parts.Quarantine, raw, request, startedAt, planned.Source.TellsAccounts, parts.Observer, before);
        var isKept = false;
        try
        {
            var outcome = await source.PullAsync(request, sink, cancellation).ConfigureAwait(false);
            if (outcome.Rows != sink.Rows + sink.Quarantined)
                throw new InvalidOperationException($"The source counted {outcome.Rows} rows and wrote {sink.Rows + sink.Quarantined}.");
            await MoveAsync(lease, WindowState.Pulled, pull, $"{sink.Rows} rows in {outcome.Proof.Calls} calls", cancellation).ConfigureAwait(false);
            var stamp = sink.Complete(lease.Fence, definition);
            recorded?.RefuseOther(stamp, sink.Quarantined);
            sink.CompleteQuarantine();
            if (captures && job.Raw > TimeSpan.Zero)
            {
                await raw.KeepAsync(
                    new RawHead(planned.Key, planned.Window, pull, startedAt, definition, Complete: true, stamp.Rows, stamp.ContentHash)
                    {
                        Together = [.. planned.Together.Select(t => t.Name)],
                    },
                    cancellation).ConfigureAwait(false);
                isKept = true;
            }
            await MoveAsync(lease, WindowState.Staged, pull, stamp.ContentHash, cancellation).ConfigureAwait(false);

            var checks = PullChecks.Run(
                new PullFacts
                {
                    Schema = outcome.Schema,
                    Before = before,
                    Inexact = sink.Shape!.Inexact,
                    Rows = sink.Rows,
                    Quarantined = sink.Quarantined,
                    Sums = sink.Sums,
                    Totals = outcome.Totals,
                    Proof = outcome.Proof,
                    HasKey = sink.Keys!.HasKey,
                    DuplicateKeys = sink.Keys.Duplicates,
                    ExemptKeys = sink.Keys.Exempt,
                    DuplicateExample = sink.Keys.Example,
                    PublishedRows = published?.Pull.Rows,
                    PublishedAt = published?.Target,
                },
                job.Checks,
                job.Schema);
            if (recorded is null && job.Checks.SecondPath is { } second)
                checks = [.. checks, PullChecks.Holds(checks) ? SecondPathCheck.Skipped : await SecondPathAsync(second, planned, lease, request, cancellation).ConfigureAwait(false)];
            if (await FrozenCheck.RunAsync(parts, job, planned, Targets(job, planned), stamp, cancellation).ConfigureAwait(false) is { } frozen) checks = [.. checks, frozen];
            var record = new PullRecord
            {
                Pull = pull,
                Key = planned.Key,
                Fence = lease.Fence,
                StartedAt = startedAt,
                EndedAt = parts.Time.GetUtcNow(),
                Rows = stamp.Rows,
                ContentHash = stamp.ContentHash,
                DefinitionHash = stamp.DefinitionHash,
                SchemaJson = RecordedSchema.Write(outcome.Schema, sink.Shape!.Schema, before.Landed ?? []),
                ProofJson = JsonSerializer.Serialize(outcome.Proof, JsonSerializerOptions.Web),
                Quarantined = sink.Quarantined,
                Checks = checks,
            };
            // The record that a replayed pull has tells more than its replay: calls, broken connections, times.
            if (recorded is null || (await parts.Ledger.PullsAsync(planned.Key, cancellation).ConfigureAwait(false)).All(p => p.Pull != pull))
                await parts.Ledger.AddPullAsync(lease, record, cancellation).ConfigureAwait(false);
            return new Pulled(stamp, checks, sink.Quarantined);
        }
        catch (Exception e)
        {
            parts.Staging.Remove(pull);
            var keep = e is EtlException { Kind: FaultKind.Window };
            if (captures) QuarantineKeeping.AfterFault(parts, planned.Key, pull, sink, keep && recorded is null);
            if (!keep || isKept || recorded is not null || e is not EtlException fault) throw;
            throw new EtlException(fault.Kind, $"{fault.Message} {await FailedCapture.KeepAsync(raw, new RawHead(planned.Key, planned.Window, pull, startedAt, definition, Complete: false, 0, "")).ConfigureAwait(false)}", fault)
            {
                Code = fault.Code,
                IsTransient = fault.IsTransient,
                Page = fault.Page,
                ByteOffset = fault.ByteOffset,
            };
        }
    }

    private async Task<CheckResult> SecondPathAsync(
        SecondPathKind kind, PlannedWindow planned, Lease lease, PullRequest request, CancellationToken cancellation)
    {
        var path = parts.Sources.SecondPathOf(planned.Source, kind);
        await MoveAsync(lease, WindowState.Staged, request.PullId, $"pulling again by the second path: {path.Name}", cancellation).ConfigureAwait(false);
        using var staged = parts.Staging.Open(request.PullId) ?? throw new InvalidOperationException($"Staged pull '{request.PullId}' has vanished.");
        return await new SecondPathCheck(parts).RunAsync(request, path, staged, cancellation).ConfigureAwait(false);
    }

    private async Task<WindowOutcome> HoldAsync(PlannedWindow planned, Lease lease, Pulled pulled)
    {
        var reasons = pulled.Checks.Where(c => c.Verdict == Verdict.Hold).Select(c => $"{c.Name}: {c.Detail}");
        var reason = string.Join(" ", reasons);
        await parts.Ledger.SettleAsync(
            lease, new Settlement { State = WindowState.Held, Stamp = pulled.Stamp, Reason = reason }, CancellationToken.None).ConfigureAwait(false);
        parts.Observer.Moved(planned.Key, WindowState.Held);
        using var staged = parts.Staging.Open(pulled.Stamp.Pull);
        return Outcome(planned, lease, pulled, WindowState.Held) with
        {
            ExitCode = ExitCode.Held,
            Code = "held",
            Message = $"{reason} Look at it with 'etl peek {staged?.Path}', publish it with 'etl release {planned.Key.Job} --window {planned.Key.Label}', or run again to replace it.",
        };
    }

    private async Task<WindowOutcome> LandAsync(
        JobDefinition job, PlannedWindow planned, Lease lease, Pulled pulled, IReadOnlyList<ITarget> targets, CancellationToken cancellation)
    {
        var landed = await PublishAsync(job, planned, lease, pulled, targets, cancellation).ConfigureAwait(false);
        Failpoint.Hit("ledger.before-settle");
        var superseded = landed.Any(t => t.Outcome == LandingOutcome.Superseded);
        var state = superseded ? WindowState.Superseded : await Freezing.StateAfterAsync(parts, job, planned.Key, pulled.Stamp).ConfigureAwait(false);
        await parts.Ledger.SettleAsync(
            lease,
            superseded
                ? new Settlement { State = state, Reason = "A newer pull is published." }
                : new Settlement { State = state, Settled = planned.Owed, Stamp = pulled.Stamp },
            CancellationToken.None).ConfigureAwait(false);
        Failpoint.Hit("ledger.settled");
        parts.Staging.Remove(pulled.Stamp.Pull);
        if (!superseded) await QuarantineKeeping.AfterLandingAsync(parts, planned.Key, pulled.Stamp.Pull).ConfigureAwait(false);
        parts.Observer.Moved(planned.Key, state);
        return Outcome(planned, lease, pulled, state) with
        {
            Targets = landed,
            // With the lease in hand this is no race: the ledger is older than the target (lost, or restored from a backup).
            ExitCode = superseded ? ExitCode.WindowFailed : ExitCode.Done,
            Message = superseded ? "A newer pull of this window is already published; this one was dropped. Is the ledger older than the target? Run again." : null,
            Code = superseded ? "superseded" : null,
        };
    }

    private async Task<IReadOnlyList<TargetOutcome>> PublishAsync(
        JobDefinition job, PlannedWindow planned, Lease lease, Pulled pulled, IReadOnlyList<ITarget> targets, CancellationToken cancellation)
    {
        try
        {
            await MoveAsync(lease, WindowState.Committing, pulled.Stamp.Pull, $"{targets.Count} targets", cancellation).ConfigureAwait(false);
            using var staged = parts.Staging.Open(pulled.Stamp.Pull)
                ?? throw new InvalidOperationException($"Staged pull '{pulled.Stamp.Pull}' has vanished.");
            return await Publisher.LandAsync(parts, lease, targets, new LandingOrder(planned.Key, planned.Window, pulled.Stamp), staged, cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The window stays due. The next run lands these rows where it can; otherwise nobody waits for them.
            if (recorded is { IsAnew: false } || job.IsLive || !await WaitingPull.IsWorthKeepingAsync(parts, planned.Key, pulled.Stamp.Pull, e).ConfigureAwait(false))
                parts.Staging.Remove(pulled.Stamp.Pull);
            if (e is OperationCanceledException) throw new LandingCancelledException(e);
            throw;
        }
    }

    private static WindowOutcome Outcome(PlannedWindow planned, Lease lease, Pulled pulled, WindowState state) => new()
    {
        Key = planned.Key,
        State = state,
        Pull = pulled.Stamp.Pull,
        Fence = lease.Fence,
        Rows = pulled.Stamp.Rows,
        Quarantined = pulled.Quarantined,
        Checks = pulled.Checks,
    };

    // A replay that fails has touched nothing: the window goes back to what it was.
    private async Task<WindowOutcome> FailAsync(Lease? lease, PlannedWindow planned, int exitCode, string code, string message)
    {
        // One that is typed anew may stand at some targets: the others are brought to it, as after any landing that broke off.
        var isReplayed = recorded is not null && !(recorded.IsAnew && parts.Staging.List().Contains(recorded.Pull));
        var settlement = isReplayed ? await BeforeAsync(planned).ConfigureAwait(false) : new Settlement { State = WindowState.Failed, Reason = message };
        var outcome = await EndAsync(lease, planned.Key, settlement, exitCode, code, message).ConfigureAwait(false);
        var (state, exit) = !isReplayed ? (settlement.State, exitCode) : Recorded.After(code, exitCode, planned.Record);
        return outcome with { State = state, ExitCode = exit };
    }

    private async Task<WindowOutcome> EndAsync(Lease? lease, WindowKey key, Settlement settlement, int exitCode, string code, string message)
    {
        if (lease is not null)
        {
            try
            {
                await parts.Ledger.SettleAsync(lease, settlement, CancellationToken.None).ConfigureAwait(false);
            }
            catch (LeaseLostException)
            {
                // Another run has the window: its record is the one that counts.
            }
            catch (EtlException e)
            {
                // The window stays in a working state, which is due again when the lease ends.
                message = $"{message} The ledger could not be told: {e.Message}";
            }
            parts.Observer.Moved(key, settlement.State);
        }
        return new WindowOutcome { Key = key, State = settlement.State, Fence = lease?.Fence ?? 0, ExitCode = exitCode, Code = code, Message = message };
    }

    /// <summary>
    /// What a cancelled window goes back to: a hold stays a hold, and a window that was not finished before (failed, or left by
    /// a run that died, perhaps with only some targets landed) stays unfinished and so due.
    /// </summary>
    private async Task<Settlement> BeforeAsync(PlannedWindow planned)
    {
        const string reason = "Cancelled.";
        try
        {
            var record = await parts.Ledger.FindWindowAsync(planned.Key, CancellationToken.None).ConfigureAwait(false);
            if (record?.HeldPull is { } pull)
            {
                using var held = parts.Staging.Open(pull);
                if (held is not null) return new Settlement { State = WindowState.Held, Stamp = held.Stamp, Reason = record.Reason };
            }
        }
        catch (EtlException)
        {
            // Not to be asked now: unfinished is right in any case.
            return new Settlement { State = WindowState.Unknown, Reason = reason };
        }
        var finished = planned.Record is not { State: not (WindowState.Planned or WindowState.Landed or WindowState.Frozen or WindowState.Parked) };
        return new Settlement
        {
            State = !finished ? WindowState.Unknown : planned.Record?.State == WindowState.Frozen ? WindowState.Frozen : WindowState.Planned,
            Reason = reason,
        };
    }

    // A pull that is thrown away, with its rows in quarantine.
    private void Forget(WindowKey key, string pull)
    {
        parts.Staging.Remove(pull);
        parts.Quarantine.Remove(key, pull);
    }

    private async Task MoveAsync(Lease lease, WindowState to, string pull, string detail, CancellationToken cancellation)
    {
        await parts.Ledger.MoveAsync(lease, to, pull, detail, cancellation).ConfigureAwait(false);
        parts.Observer.Moved(lease.Key, to);
    }

    private IReadOnlyList<ITarget> Targets(JobDefinition job, PlannedWindow planned)
    {
        return [.. job.Land.Where(l => l.From == planned.Source.Name).Select(l => parts.Targets.Create(l, planned.Source.TellsAccounts))];
    }

    /// <summary>Removes what earlier runs of this window left in the staging area when they died; a held pull stays.</summary>
    private async Task SweepStagingAsync(WindowKey key, string? held, CancellationToken cancellation)
    {
        var waiting = parts.Staging.List();
        if (waiting.Count == 0) return;
        var steps = await parts.Ledger.StepsAsync(key, cancellation).ConfigureAwait(false);
        foreach (var pull in steps.Select(s => s.Pull).OfType<string>().Intersect(waiting))
            if (pull != held) parts.Staging.Remove(pull);
    }

    private static async Task<List<(string Target, PublishedPull Pull)>> PublishedAsync(IReadOnlyList<ITarget> targets, PlannedWindow planned, CancellationToken cancellation)
    {
        var found = new List<(string, PublishedPull)>();
        foreach (var target in targets)
            if (await target.FindAsync(planned.Key, planned.Window, cancellation).ConfigureAwait(false) is { } published) found.Add((target.Name, published));
        return found;
    }

    internal static string NewPullId(DateTimeOffset at) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{at.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{Guid.NewGuid().ToString("n")[..8]}");

    /// <summary>A cancellation after the first target may have published.</summary>
    private sealed class LandingCancelledException(Exception cause) : OperationCanceledException(cause.Message, cause);

    private sealed record Pulled(PullStamp Stamp, IReadOnlyList<CheckResult> Checks, long Quarantined);
}
