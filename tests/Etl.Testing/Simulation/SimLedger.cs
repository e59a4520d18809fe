using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Testing.Simulation;

/// <summary>A ledger in memory, written from the contract alone: no SQL, and no code that the product's has. It answers at once and whole.</summary>
public sealed partial class SimLedger : ILedger
{
    private const string Died = "The worker before ended without a word.";

    private readonly Dictionary<JobKey, string> _begins = [];
    private readonly Dictionary<WindowKey, Entry> _entries = [];
    private readonly Func<DateTimeOffset> _clock;
    private long _order;

    private SimLedger(Func<DateTimeOffset> clock) => _clock = clock;

    /// <summary>Makes one that holds nothing.</summary>
    /// <param name="clock">The store's own clock.</param>
    public static SimLedger Of(Func<DateTimeOffset> clock) => new(clock);

    /// <summary>Called when a lease is given.</summary>
    public Action<Lease>? Leased { get; set; }

    /// <summary>Called when a window is settled.</summary>
    public Action<Lease, Settlement>? Settled { get; set; }

    public Task<string> BeginJobAsync(JobKey job, string firstLabel, CancellationToken cancellation)
    {
        if (!_begins.TryGetValue(job, out var begun)) _begins[job] = begun = firstLabel;
        return Task.FromResult(begun);
    }

    public Task<string?> FindBeginAsync(JobKey job, CancellationToken cancellation) => Task.FromResult(_begins.GetValueOrDefault(job));

    public Task<IReadOnlyList<WindowRecord>> WindowsAsync(string job, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<WindowRecord>>(
    [
        .. _entries.Values.Where(e => e.Record.Key.Job == job).Select(Look)
            .OrderBy(r => r.Key.Label, StringComparer.Ordinal).ThenBy(r => r.Key.Source, StringComparer.Ordinal).ThenBy(r => r.Key.Account, StringComparer.Ordinal),
    ]);

    public Task<WindowRecord?> FindWindowAsync(WindowKey key, CancellationToken cancellation) =>
        Task.FromResult(_entries.TryGetValue(key, out var entry) ? Look(entry) : null);

    public Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<string>>([.. _entries.Keys.Select(k => k.Job).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    public Task<Lease?> TryLeaseAsync(WindowKey key, Window window, string owner, TimeSpan lifetime, long aboveFence, CancellationToken cancellation)
    {
        var now = _clock();
        if (!_entries.TryGetValue(key, out var entry))
            _entries[key] = entry = new Entry(new WindowRecord { Key = key, From = window.From, To = window.To, State = WindowState.Leased });
        var detail = "";
        if (entry.Record.Owner is { } other && other != owner)
        {
            if (entry.Record.LeaseUntil > now) return Task.FromResult<Lease?>(null);
            entry.Record = entry.Record with { Strikes = entry.Record.Strikes + 1, Reason = Died };
            detail = Died;
        }
        entry.Record = entry.Record with
        {
            State = WindowState.Leased, Fence = Math.Max(entry.Record.Fence, aboveFence) + 1, Owner = owner, LeaseUntil = now + lifetime,
            From = window.From, To = window.To,
        };
        var lease = new Lease(key, owner, entry.Record.Fence);
        AddStep(entry, lease, WindowState.Leased, null, detail);
        Leased?.Invoke(lease);
        return Task.FromResult<Lease?>(lease);
    }

    public Task<bool> BreakLeaseAsync(WindowKey key, string owner, bool counts, CancellationToken cancellation)
    {
        if (!_entries.TryGetValue(key, out var entry) || entry.Record.Owner != owner) return Task.FromResult(false);
        entry.Record = entry.Record with { Owner = null, LeaseUntil = null };
        if (counts) entry.Record = entry.Record with { Strikes = entry.Record.Strikes + 1, Reason = Died };
        return Task.FromResult(true);
    }

    public Task<bool> HeartbeatAsync(Lease lease, TimeSpan lifetime, CancellationToken cancellation)
    {
        if (!Holds(lease)) return Task.FromResult(false);
        var entry = _entries[lease.Key];
        entry.Record = entry.Record with { LeaseUntil = _clock() + lifetime };
        return Task.FromResult(true);
    }

    public Task MoveAsync(Lease lease, WindowState to, string? pull, string detail, CancellationToken cancellation)
    {
        var entry = Guarded(lease);
        entry.Record = entry.Record with { State = to };
        AddStep(entry, lease, to, pull, detail);
        return Task.CompletedTask;
    }

    public Task AddPullAsync(Lease lease, PullRecord pull, CancellationToken cancellation)
    {
        var entry = Guarded(lease);
        var at = entry.Pulls.FindIndex(p => p.Pull.Pull == pull.Pull);
        if (at >= 0) entry.Pulls[at] = (entry.Pulls[at].Order, pull);
        else entry.Pulls.Add((++_order, pull));
        return Task.CompletedTask;
    }

    public Task AddLandingAsync(Lease lease, LandingRecord landing, CancellationToken cancellation)
    {
        Guarded(lease).Landings.Add((++_order, landing));
        return Task.CompletedTask;
    }

    public Task<HandleRecord?> FindHandleAsync(WindowKey key, CancellationToken cancellation) => Task.FromResult(_entries.GetValueOrDefault(key)?.Handle);

    public Task KeepHandleAsync(Lease lease, HandleRecord handle, CancellationToken cancellation)
    {
        Guarded(lease).Handle = handle;
        return Task.CompletedTask;
    }

    public Task ForgetHandleAsync(Lease lease, CancellationToken cancellation)
    {
        Guarded(lease).Handle = null;
        return Task.CompletedTask;
    }

    public Task SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellation)
    {
        var stamp = settlement.Stamp;
        if (settlement.State is WindowState.Landed or WindowState.Held && stamp is null) throw new ArgumentException($"A window that is settled as {settlement.State} needs the stamp of the pull.", nameof(settlement));
        var entry = Guarded(lease);
        var before = entry.Record;
        var after = before with
        {
            State = settlement.State, Owner = null, LeaseUntil = null, Reason = settlement.Reason,
            Settled = settlement.Settled ?? before.Settled, Strikes = settlement.Strikes ?? before.Strikes,
            ExitCode = settlement.State == WindowState.Failed ? settlement.ExitCode : null,
        };
        if (settlement.State is WindowState.Landed or WindowState.Frozen && stamp is not null)
        {
            after = after with
            {
                EqualPulls = before.LandedPull == stamp.Pull ? before.EqualPulls : before.LandedHash == stamp.ContentHash ? before.EqualPulls + 1 : 1,
                LandedPull = stamp.Pull, LandedRows = stamp.Rows, LandedHash = stamp.ContentHash, LandedFence = stamp.Fence, LandedAt = _clock(),
                DefinitionHash = stamp.DefinitionHash, HeldPull = null, Failures = 0, Reason = null, Strikes = 0,
            };
        }
        else if (settlement.State == WindowState.Held)
        {
            after = after with { HeldPull = stamp!.Pull, Strikes = 0 };
        }
        else if (settlement.State == WindowState.Failed || (settlement.State == WindowState.Parked && settlement.Strikes is not null))
        {
            after = after with { Failures = before.Failures + 1 };
        }
        entry.Record = after;
        if (settlement.State is WindowState.Landed or WindowState.Held || (settlement.State == WindowState.Frozen && stamp is not null)) entry.Handle = null;
        AddStep(entry, lease, settlement.State, stamp?.Pull, settlement.Reason ?? "");
        Settled?.Invoke(lease, settlement);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<PullRecord>> PullsAsync(WindowKey key, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<PullRecord>>([.. (_entries.GetValueOrDefault(key)?.Pulls ?? []).Select(p => p.Pull)]);

    public Task<PullSchema?> FindLandedSchemaAsync(JobKey job, CancellationToken cancellation)
    {
        var landed = Of(job).Select(e => (e.Record.Key, Pull: e.Pulls.FirstOrDefault(p => p.Pull.Pull == e.Record.LandedPull))).Where(e => e.Pull.Pull is not null).ToList();
        var own = landed.Where(e => e.Key.Account == job.Account).ToList();
        var newest = (own.Count > 0 ? own : landed).OrderByDescending(e => e.Pull.Order).Select(e => e.Pull.Pull).FirstOrDefault();
        return Task.FromResult(newest is null ? null : Schema(newest));
    }

    public Task<IReadOnlyList<PullSchema>> SchemaChangesAsync(string job, CancellationToken cancellation)
    {
        var changes = new List<(long Order, PullSchema Schema)>();
        foreach (var source in _entries.Values.Where(e => e.Record.Key.Job == job).GroupBy(e => (e.Record.Key.Source, e.Record.Key.Account)))
        {
            string? before = null;
            foreach (var (order, pull) in source.SelectMany(e => e.Pulls).OrderBy(p => p.Order))
            {
                if (pull.SchemaJson != before) changes.Add((order, Schema(pull)));
                before = pull.SchemaJson;
            }
        }
        return Task.FromResult<IReadOnlyList<PullSchema>>([.. changes.OrderBy(c => c.Order).Select(c => c.Schema)]);
    }

    public Task<IReadOnlyList<LandingRecord>> LandingsAsync(WindowKey key, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<LandingRecord>>([.. (_entries.GetValueOrDefault(key)?.Landings ?? []).Select(l => l.Landing)]);

    public Task<IReadOnlyList<StepRecord>> StepsAsync(WindowKey key, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<StepRecord>>([.. _entries.GetValueOrDefault(key)?.Steps ?? []]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static PullSchema Schema(PullRecord pull) => new(pull.Key, pull.Pull, pull.StartedAt, pull.DefinitionHash, pull.SchemaJson);

    private IEnumerable<Entry> Of(JobKey job) => _entries.Values.Where(e => e.Record.Key.Job == job.Job && e.Record.Key.Source == job.Source);

    private bool Holds(Lease lease) => _entries.TryGetValue(lease.Key, out var entry) && entry.Record.Owner == lease.Owner && entry.Record.Fence == lease.Fence;

    private Entry Guarded(Lease lease) => Holds(lease) ? _entries[lease.Key] : throw new LeaseLostException(lease);

    private WindowRecord Look(Entry entry) => entry.Record with { IsLeased = entry.Record.Owner is not null && entry.Record.LeaseUntil > _clock() };

    private void AddStep(Entry entry, Lease lease, WindowState state, string? pull, string detail) =>
        entry.Steps.Add(new StepRecord(lease.Key, lease.Fence, lease.Owner, state, pull, detail, _clock()));

    private sealed class Entry(WindowRecord record)
    {
        public WindowRecord Record { get; set; } = record;

        public List<(long Order, PullRecord Pull)> Pulls { get; } = [];

        public List<(long Order, LandingRecord Landing)> Landings { get; } = [];

        public List<StepRecord> Steps { get; } = [];

        public HandleRecord? Handle { get; set; }
    }
}
