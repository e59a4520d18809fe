using System.Text.Json;
using System.Text.Json.Nodes;
using Etl.Core.Checks;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Core.Targets;
using Etl.Server.Reading;

namespace Etl.Server.Api;

// The shapes of answers, apart from our own records: those may change, an answer of version 1 may only grow. Instants are UTC, durations seconds.

internal sealed record AntiforgeryAnswer(string Token);

internal sealed record CallerAnswer(string Name, string Role);

/// <summary>Whether something was asked for, or stood there already.</summary>
internal sealed record AskedAnswer(bool Asked);

internal sealed record CancelledAnswer(bool Cancelled);

internal sealed record RunQuestion(bool Force = false);

internal sealed record JobsAnswer(DateTimeOffset At, string Engine, string? JobFault, IReadOnlyList<JobAnswer> Jobs)
{
    public static JobsAnswer Of(ServerOverview overview) => new(overview.At, overview.Engine, overview.JobFault, [.. overview.Jobs.Select(JobAnswer.Of)]);
}

internal sealed record JobAnswer(
    string Name, string About, bool Live, ScheduleAnswer? Schedule, string Every, string TimeZone, int Lookback, double SettleSeconds,
    IReadOnlyDictionary<string, int> States, long PublishedRows, FreshnessAnswer Freshness, DateTimeOffset? NextFiring, IReadOnlyList<WindowAnswer> Attention, IReadOnlyList<AlertAnswer> Alerts)
{
    public static JobAnswer Of(JobOverview job)
    {
        var (definition, window) = (job.Definition, job.Definition.Window);
        return new JobAnswer(
            definition.Name, definition.About, definition.IsLive, definition.Schedule is { } s ? new ScheduleAnswer(s.Cron, s.TimeZone) : null,
            JsonNamingPolicy.CamelCase.ConvertName(window.Every.ToString()), window.TimeZone, window.Lookback, window.Settle.TotalSeconds,
            job.States.ToDictionary(p => JsonNamingPolicy.CamelCase.ConvertName(p.Key.ToString()), p => p.Value), job.PublishedRows,
            new FreshnessAnswer(job.Freshness.State, job.Freshness.PublishedTo, job.Freshness.OwedTo, job.Freshness.LateBy.TotalSeconds),
            job.NextFiring, [.. job.Attention.Select(WindowAnswer.Of)], [.. job.Alerts.Select(AlertAnswer.Of)]);
    }
}

internal sealed record AlertAnswer(string Name, string When, string State, string? Account, DateTimeOffset? Since, double? Value, string? Window, string? Fault, int Waiting, int Dead)
{
    public static AlertAnswer Of(AlertStanding a) => new(
        a.Rule.Name, a.Rule.When, a.Word, a.View?.State.Key.Account, a.View?.State.Since, a.View?.State.Value, a.View?.State.Window, a.Fault, a.View?.Waiting ?? 0, a.View?.Dead ?? 0);
}

internal sealed record ScheduleAnswer(string Cron, string TimeZone);

internal sealed record FreshnessAnswer(FreshnessState State, DateTimeOffset? PublishedTo, DateTimeOffset? OwedTo, double LateSeconds);

internal sealed record WindowsAnswer(int Total, int Page, int Size, IReadOnlyList<WindowAnswer> Windows);

internal sealed record WindowAnswer(
    string Job, string Source, string Account, string Window, DateTimeOffset From, DateTimeOffset To, WindowState State, long Fence, bool Leased, int Settled,
    string? Pull, long? Rows, DateTimeOffset? LandedAt, string? HeldPull, int EqualPulls, int Failures, string? Reason)
{
    public static WindowAnswer Of(WindowRecord w) => new(
        w.Key.Job, w.Key.Source, w.Key.Account, w.Key.Label, w.From, w.To, w.State, w.Fence, w.IsLeased, w.Settled,
        w.LandedPull, w.LandedRows, w.LandedAt, w.HeldPull, w.EqualPulls, w.Failures, w.Reason);
}

internal sealed record DetailAnswer(string Job, string Window, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<PartAnswer> Parts)
{
    public static DetailAnswer Of(WindowDetail detail) =>
        new(detail.Job.Name, detail.Window.Label, detail.Window.From, detail.Window.To, [.. detail.Parts.Select(PartAnswer.Of)]);
}

internal sealed record PartAnswer(WindowAnswer Window, IReadOnlyList<PullAnswer> Pulls, IReadOnlyList<LandingAnswer> Landings, IReadOnlyList<StepAnswer> Steps)
{
    public static PartAnswer Of(WindowPart part) => new(
        WindowAnswer.Of(part.Record), [.. part.Pulls.Select(PullAnswer.Of)],
        [.. part.Landings.Select(l => new LandingAnswer(l.Pull, l.Target, l.Location, l.Fence, l.Rows, l.Bytes, l.Outcome, l.At, l.Restated))],
        [.. part.Steps.Select(s => new StepAnswer(s.At, s.State, s.Fence, s.Owner, s.Pull, s.Detail))]);
}

internal sealed record PullAnswer(
    string Pull, long Fence, DateTimeOffset StartedAt, DateTimeOffset EndedAt, long Rows, long Quarantined, string ContentHash, string DefinitionHash,
    IReadOnlyList<CheckResult> Checks, JsonNode? Proof, JsonNode? Schema)
{
    public static PullAnswer Of(PullRecord p) => new(
        p.Pull, p.Fence, p.StartedAt, p.EndedAt, p.Rows, p.Quarantined, p.ContentHash, p.DefinitionHash, p.Checks, JsonNode.Parse(p.ProofJson), JsonNode.Parse(p.SchemaJson));
}

internal sealed record LandingAnswer(
    string Pull, string Target, string Location, long Fence, long Rows, long? Bytes, LandingOutcome Outcome, DateTimeOffset At, RestatedRows? Restated);

internal sealed record StepAnswer(DateTimeOffset At, WindowState State, long Fence, string Owner, string? Pull, string Detail);

internal sealed record OutcomeAnswer(string Source, string Account, string Window, WindowState State, string? Pull, long Rows, string? Code, string? Message)
{
    public static OutcomeAnswer Of(WindowOutcome o) => new(o.Key.Source, o.Key.Account, o.Key.Label, o.State, o.Pull, o.Rows, o.Code, o.Message);
}

internal sealed record ServersAnswer(IReadOnlyList<ServerRecord> Servers, IReadOnlyList<BacklogAnswer> Backlog)
{
    public static ServersAnswer Of(ServerOverview overview) => new(
        overview.Servers, [.. overview.Backlog.Select(b => new BacklogAnswer(b.Item.Job, b.Item.Label, b.Item.Force, b.Batch, b.By, b.AskedAt))]);
}

internal sealed record BacklogAnswer(string Job, string? Window, bool Force, string Batch, string By, DateTimeOffset AskedAt);
