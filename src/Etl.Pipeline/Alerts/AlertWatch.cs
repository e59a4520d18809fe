using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Pipeline.Alerts;

/// <summary>
/// Looks at the alerts of a job: measures what landed since the last look and how the job stands now, and puts messages for what fires or resolves
/// into the outbox. What was looked at is remembered with the ledger, so it does not matter when, how often and by how many servers it is
/// done: a landing that nobody saw is found by the next look, and of two that saw the same one tells it.
/// </summary>
public sealed class AlertWatch(ILedger ledger, IAlertStore store, ITargetFactory targets, TimeProvider time)
{
    // Points of a live minute come late for ten minutes, and so does its landing.
    private const int LiveWindows = 12;

    private readonly LandedMeasures _measures = new(ledger, targets);

    /// <summary>Looks at all alerts of a job.</summary>
    /// <returns>How many messages were put into the outbox.</returns>
    /// <exception cref="EtlException">The ledger is not to be had for now.</exception>
    public async Task<int> LookAsync(JobDefinition job, CancellationToken cancellation)
    {
        if (job.Alerts.Count == 0) return 0;
        var told = 0;
        var standings = (await store.StandingsAsync(job.Name, cancellation).ConfigureAwait(false))
            .Where(s => job.Sources.Any(source => source.Name == s.Job.Source)).ToList();
        foreach (var standing in standings.Where(s => s.LandedUntil is not null))
        {
            var rules = job.Alerts.Where(r => r.IsOfWindow && r.Source == standing.Job.Source).ToList();
            if (rules.Count > 0) told += await LookAtWindowsAsync(job, rules, standing, cancellation).ConfigureAwait(false);
        }
        foreach (var account in standings.GroupBy(s => s.Job.Account, StringComparer.Ordinal))
            foreach (var rule in job.Alerts.Where(r => !r.IsOfWindow))
            {
                var measured = account.Where(s => rule.Source is null || rule.Source == s.Job.Source).ToList();
                if (measured.Count > 0) told += await LookAtNowAsync(job, rule, account.Key, measured, cancellation).ConfigureAwait(false);
            }
        return told;
    }

    /// <summary>Measures every rule of a job as it is now, those of windows on the newest landed one, and remembers and tells nothing.</summary>
    /// <exception cref="EtlException">The ledger is not to be had for now.</exception>
    public async Task<IReadOnlyList<AlertTrial>> TryAsync(JobDefinition job, CancellationToken cancellation)
    {
        var trials = new List<AlertTrial>();
        var standings = await store.StandingsAsync(job.Name, cancellation).ConfigureAwait(false);
        foreach (var rule in job.Alerts)
        {
            var before = trials.Count;
            foreach (var account in standings.Where(s => rule.Source is null || rule.Source == s.Job.Source).GroupBy(s => s.Job.Account, StringComparer.Ordinal))
                trials.Add(await TryAsync(job, rule, account.Key, [.. account], cancellation).ConfigureAwait(false));
            if (trials.Count == before) trials.Add(new AlertTrial(rule, null, null, null, null));
        }
        return trials;
    }

    private async Task<AlertTrial> TryAsync(JobDefinition job, AlertRule rule, string account, IReadOnlyList<JobStanding> standings, CancellationToken cancellation)
    {
        var key = new AlertKey(job.Name, rule.Name, account);
        if (!rule.IsOfWindow)
        {
            var now = time.GetUtcNow();
            var state = await StateAsync(job, rule, account, now, cancellation).ConfigureAwait(false);
            return Trial(rule, key, null, Measure(job, rule, standings, state, now), null);
        }
        if (standings is not [{ LandedUntil: { } until } standing]) return new AlertTrial(rule, key, null, null, null);
        var newest = new WindowCalendar(job.Window.TimeZone, job.Window.Every).Containing(until.AddTicks(-1));
        var landed = await store.LandedAsync(standing.Job, newest.From, cancellation).ConfigureAwait(false);
        if (landed.Count == 0) return new AlertTrial(rule, key, null, null, null);
        try
        {
            var measured = (await _measures.MeasureAsync(job, landed[^1], [rule], cancellation).ConfigureAwait(false))[0];
            return Trial(rule, key, landed[^1].Key.Label, measured.Value, measured.Fault);
        }
        catch (EtlException fault)
        {
            return Trial(rule, key, landed[^1].Key.Label, null, fault.Message);
        }
    }

    private static AlertTrial Trial(AlertRule rule, AlertKey key, string? window, double? value, string? fault) =>
        new(rule, key, window, value, fault) { Holds = value is { } number && rule.Is.Holds(number.CompareTo(rule.Threshold)) };

    /// <summary>How late a source is at an account; null when it never began.</summary>
    public static TimeSpan? Late(JobDefinition job, JobStanding standing, DateTimeOffset now)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var next = standing.LandedUntil is { } until ? calendar.Containing(until) : standing.FirstLabel is { } first ? calendar.Parse(first) : null;
        if (next is null) return null;
        var late = now - (next.To + job.Window.Settle);
        return late > TimeSpan.Zero ? late : TimeSpan.Zero;
    }

    private async Task<int> LookAtNowAsync(
        JobDefinition job, AlertRule rule, string account, IReadOnlyList<JobStanding> standings, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var before = await StateAsync(job, rule, account, now, cancellation).ConfigureAwait(false);
        var value = Measure(job, rule, standings, before, now);
        var state = before with { Phase = AlertHysteresis.Next(rule, before.Phase, value, now), Value = value, Window = null, Fault = null };
        var isSame = before.Version > 0 && state.Phase == before.Phase && state.Value.Equals(before.Value) && before.Fault is null && before.RuleHash == rule.Hash;
        return isSame ? 0 : await SaveAsync(job, rule, before, state, now, cancellation).ConfigureAwait(false);
    }

    private static double? Measure(JobDefinition job, AlertRule rule, IReadOnlyList<JobStanding> standings, AlertState state, DateTimeOffset now)
    {
        if (rule.Measure != AlertMeasure.Late)
            return standings.Aggregate(0, (sum, s) => rule.Measure switch
            {
                AlertMeasure.Held => sum + s.Held,
                AlertMeasure.Failed => sum + s.Failed,
                AlertMeasure.Parked => sum + s.Parked,
                _ => Math.Max(sum, s.Attempts),
            });
        // The windows that a new job catches up closed long ago; it is late from the first look at it on.
        var seconds = standings.Select(s => Late(job, s, now) is { } late && s.LandedUntil is null && late > now - state.Since ? now - state.Since : Late(job, s, now))
            .Max()?.TotalSeconds;
        return seconds is { } known ? Math.Floor(known) : null;
    }

    private async Task<int> LookAtWindowsAsync(JobDefinition job, List<AlertRule> rules, JobStanding standing, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var states = new List<(AlertRule Rule, AlertState Before, DateTimeOffset Since)>();
        foreach (var rule in rules)
            states.Add((rule, await StateAsync(job, rule, standing.Job.Account, now, cancellation).ConfigureAwait(false), Oldest(job, rule, standing)));
        var landed = await store.LandedAsync(standing.Job, states.Min(s => s.Since), cancellation).ConfigureAwait(false);
        var readings = states.ToDictionary(s => s.Rule.Name, s => s.Before.Readings.ToDictionary(r => r.Label), StringComparer.Ordinal);
        var faults = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var window in landed)
        {
            var asking = states.Where(s => window.From >= s.Since && window.From >= (s.Before.BeforeUntil ?? s.Since)
                && readings[s.Rule.Name].GetValueOrDefault(window.Key.Label)?.Pull != window.Pull).Select(s => s.Rule).ToList();
            if (asking.Count == 0) continue;
            try
            {
                var measured = await _measures.MeasureAsync(job, window, asking, cancellation).ConfigureAwait(false);
                foreach (var (rule, found) in asking.Zip(measured))
                {
                    readings[rule.Name][window.Key.Label] = new AlertReading(window.Key.Label, window.From, found.Pull, found.Value);
                    faults[rule.Name] = found.Fault;
                }
            }
            catch (Exception fault) when (fault is EtlException or IOException or UnauthorizedAccessException)
            {
                // A target that is not to be had, or a landing that is going on: the next look tries again.
                foreach (var rule in asking) faults[rule.Name] = fault.Message;
            }
        }
        var told = 0;
        foreach (var (rule, before, since) in states)
        {
            var state = After(rule, before, readings[rule.Name].Values, since, faults);
            var isSame = before.Version > 0 && before.RuleHash == rule.Hash && state.Readings.SequenceEqual(before.Readings) && state.Fault == before.Fault;
            if (!isSame) told += await SaveAsync(job, rule, before, state, now, cancellation).ConfigureAwait(false);
        }
        return told;
    }

    private static AlertState After(
        AlertRule rule, AlertState before, IEnumerable<AlertReading> readings, DateTimeOffset since, Dictionary<string, string?> faults)
    {
        var ordered = readings.OrderBy(r => r.From).ToList();
        var past = ordered.TakeWhile(r => r.From < since).ToList();
        var kept = ordered.Skip(past.Count).ToList();
        var start = AlertHysteresis.After(rule, before.Before, past);
        return before with
        {
            Before = start,
            BeforeUntil = past.Count > 0 ? since : before.BeforeUntil,
            Readings = kept,
            Phase = AlertHysteresis.After(rule, start, kept),
            Value = kept.Count > 0 ? kept[^1].Value : null,
            Window = kept.Count > 0 ? kept[^1].Label : null,
            Fault = faults.TryGetValue(rule.Name, out var fault) ? fault : before.Fault,
        };
    }

    /// <summary>Where the newest landed windows begin that may still change the state: those that are pulled again, and those that a rule counts.</summary>
    private static DateTimeOffset Oldest(JobDefinition job, AlertRule rule, JobStanding standing)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var window = calendar.Containing(standing.LandedUntil!.Value.AddTicks(-1));
        var count = Math.Min(Math.Max(Math.Max(rule.Windows, rule.ClearWindows), job.IsLive ? LiveWindows : job.Window.Lookback), AlertRule.MostWindows);
        for (var i = 1; i < count; i++) window = calendar.Previous(window);
        return window.From;
    }

    /// <summary>What is remembered; where the rule was changed only whether it fires, so that it resolves once.</summary>
    private async Task<AlertState> StateAsync(JobDefinition job, AlertRule rule, string account, DateTimeOffset now, CancellationToken cancellation)
    {
        var key = new AlertKey(job.Name, rule.Name, account);
        var stored = await store.FindAsync(key, cancellation).ConfigureAwait(false);
        if (stored is null) return new AlertState { Key = key, RuleHash = rule.Hash, Since = now };
        var phase = new AlertPhase(stored.Phase.IsFiring);
        return stored.RuleHash == rule.Hash ? stored : stored with { Phase = phase, Before = phase, BeforeUntil = null, Readings = [] };
    }

    private async Task<int> SaveAsync(JobDefinition job, AlertRule rule, AlertState before, AlertState state, DateTimeOffset now, CancellationToken cancellation)
    {
        state = state with { RuleHash = rule.Hash };
        IReadOnlyList<AlertMessage> messages = [];
        if (state.Phase.IsFiring != before.Phase.IsFiring)
        {
            state = state with { Since = now };
            var kind = state.Phase.IsFiring ? AlertMessageKind.Firing : AlertMessageKind.Resolved;
            messages = [.. rule.Notify.Select(channel => AlertText.Message(job, rule, state, channel, kind, now))];
        }
        // Where another server was first, it has told the same.
        return await store.TrySaveAsync(state, messages, cancellation).ConfigureAwait(false) ? messages.Count : 0;
    }
}

/// <summary>A rule as it is measured for trial.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Key">What it is about; null while the job has not begun.</param>
/// <param name="Window">The window that was measured; null for a measure of now, or while none has landed.</param>
/// <param name="Value">What was measured; null for nothing.</param>
/// <param name="Fault">Why it could not be measured; null when it could.</param>
public sealed record AlertTrial(AlertRule Rule, AlertKey? Key, string? Window, double? Value, string? Fault)
{
    /// <summary>True when the value is one at which the rule fires, once that has been so for long enough.</summary>
    public bool Holds { get; init; }
}
