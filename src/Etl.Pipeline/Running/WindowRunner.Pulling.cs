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

internal sealed partial class WindowRunner
{
    private async Task<Pulled> PullAsync(JobDefinition job, PlannedWindow planned, Lease lease, (string Target, PublishedPull Pull)? published, PullRound round, CancellationToken cancellation)
    {
        var startedAt = recorded?.PulledAt ?? parts.Time.GetUtcNow();
        var pull = recorded?.Pull ?? NewPullId(startedAt);
        var definition = planned.Source.DefinitionHash(job.Window.TimeZone);
        await MoveAsync(lease, WindowState.Pulling, pull, planned.Why, cancellation).ConfigureAwait(false);
        Failpoint.Hit("pull.begun");
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
        var captures = (recorded is null or { IsAnew: true }) && !planned.Source.IsTreated;
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
            if (captures && (job.Raw > TimeSpan.Zero || job.IsAudited(planned.Source.Name)))
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

            var facts = new PullFacts
            {
                Schema = outcome.Schema,
                Before = before,
                Inexact = sink.Shape!.Inexact,
                Rows = sink.Rows,
                Quarantined = sink.Quarantined,
                Sums = sink.Sums,
                Totals = outcome.Totals,
                EarlierTotals = round.EarlierTotals,
                Pulls = round.Pulls,
                IsOpen = round.IsOpen,
                Proof = outcome.Proof,
                HasKey = sink.Keys!.HasKey,
                DuplicateKeys = sink.Keys.Duplicates,
                ExemptKeys = sink.Keys.Exempt,
                DuplicateExample = sink.Keys.Example,
                PublishedRows = published?.Pull.Rows,
                PublishedAt = published?.Target,
            };
            var checks = PullChecks.Run(facts, job.Checks, job.Schema);
            var told = recorded is null ? null : (await parts.Ledger.PullsAsync(planned.Key, cancellation).ConfigureAwait(false)).FirstOrDefault(p => p.Pull == pull);
            if (told is not null) checks = PullChecks.AsTold(checks, told.Checks);
            if (recorded is null && job.SecondPathOf(planned.Source.Name) is { } second)
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
                ProofJson = JsonSerializer.Serialize(outcome.Proof with { Totals = Finite(outcome.Totals) }, JsonSerializerOptions.Web),
                Quarantined = sink.Quarantined,
                Checks = checks,
            };
            // The record that a replayed pull has tells more than its replay: calls, broken connections, times.
            if (told is null)
                await parts.Ledger.AddPullAsync(lease, record, cancellation).ConfigureAwait(false);
            Failpoint.Hit("pull.recorded");
            return new Pulled(stamp, checks, sink.Quarantined) { Round = round, Facts = facts };
        }
        catch (Exception e)
        {
            parts.Staging.Remove(pull);
            var keep = e is EtlException { Kind: FaultKind.Window };
            if (recorded is null or { IsAnew: true }) QuarantineKeeping.AfterFault(parts, planned.Key, pull, sink, keep && recorded is null);
            if (!keep || isKept || !captures || recorded is not null || e is not EtlException fault) throw;
            throw new EtlException(fault.Kind, $"{fault.Message} {await FailedCapture.KeepAsync(raw, new RawHead(planned.Key, planned.Window, pull, startedAt, definition, Complete: false, 0, "")).ConfigureAwait(false)}", fault)
            {
                Code = fault.Code,
                IsTransient = fault.IsTransient,
                IsOfWindow = fault.IsOfWindow,
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
        using var staged = parts.Staging.OpenOwn(request.PullId);
        return await new SecondPathCheck(parts).RunAsync(request, path, staged, cancellation).ConfigureAwait(false);
    }

    // JSON has no word for the others.
    private static Dictionary<string, double>? Finite(IReadOnlyDictionary<string, double>? totals) => totals?.Where(t => double.IsFinite(t.Value)).ToDictionary();

    // A pull that is thrown away, with its rows in quarantine.
    private void Forget(WindowKey key, string pull)
    {
        parts.Staging.Remove(pull);
        parts.Quarantine.Remove(key, pull);
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

    internal static string NewPullId(DateTimeOffset at) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{at.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{Guid.NewGuid().ToString("n")[..8]}");

    private sealed record Pulled(PullStamp Stamp, IReadOnlyList<CheckResult> Checks, long Quarantined)
    {
        public required PullRound Round { get; init; }

        public required PullFacts Facts { get; init; }
    }
}
