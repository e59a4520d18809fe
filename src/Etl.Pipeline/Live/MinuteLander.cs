using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Live;

/// <summary>
/// Lands the minutes of one stream, one after the other, beside the polls: a slow target must not make a poll late. Knows which
/// minutes the ledger has, and never replaces a landed minute of another run by one of which less was seen.
/// </summary>
internal sealed class MinuteLander
{
    private readonly PipelineParts _parts;
    private readonly JobDefinition _job;
    private readonly SourceSpec _source;
    private readonly string _account;
    private readonly Channel<Order> _orders = Channel.CreateUnbounded<Order>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<WindowKey, WindowOutcome> _outcomes = [];
    private readonly HashSet<string> _entered = new(StringComparer.Ordinal);
    private readonly HashSet<string> _landedHere = new(StringComparer.Ordinal);
    private readonly Task _work;

    public MinuteLander(PipelineParts parts, JobDefinition job, SourceSpec source, string account)
    {
        (_parts, _job, _source, _account) = (parts, job, source, account);
        _work = Task.Run(WorkAsync, CancellationToken.None);
    }

    public ICollection<WindowOutcome> Outcomes => _outcomes.Values;

    /// <summary>True when the latest try to land a minute failed: its points are still here, so it is tried again.</summary>
    public bool Failed(Window window) => _outcomes.TryGetValue(KeyOf(window), out var outcome) && outcome.State is WindowState.Failed or WindowState.Leased or WindowState.Superseded;

    /// <summary>Hands a minute over as it stands now.</summary>
    public void Add(MinuteRows minute, CancellationToken landing) => _orders.Writer.TryWrite(new Order(minute.Window, minute.Snapshot(), landing));

    /// <summary>Waits until all minutes that were handed over are landed, or cannot be.</summary>
    public Task FinishAsync()
    {
        _orders.Writer.TryComplete();
        return _work;
    }

    /// <summary>Enters a minute that is being collected, so that a run after a crash knows of it; once.</summary>
    public async Task EnterAsync(Window window, CancellationToken cancellation)
    {
        if (!_entered.Add(window.Label)) return;
        try
        {
            await EnterOnceAsync(window, cancellation).ConfigureAwait(false);
        }
        catch (EtlException)
        {
            // The ledger is busy: the next round tries again; collecting goes on.
            _entered.Remove(window.Label);
        }
    }

    private async Task EnterOnceAsync(Window window, CancellationToken cancellation)
    {
        var key = KeyOf(window);
        if (await _parts.Ledger.FindWindowAsync(key, cancellation).ConfigureAwait(false) is not null) return;
        using var hand = _parts.InHand.TryTake(key);
        if (hand is null) return;
        var lease = await _parts.Ledger.TryLeaseAsync(key, window, _parts.Owner, _parts.Lease.Lifetime, 0, cancellation).ConfigureAwait(false);
        if (lease is null) return;
        await _parts.Ledger.SettleAsync(lease, new Settlement { State = WindowState.Planned, Reason = "Being collected." }, CancellationToken.None).ConfigureAwait(false);
    }

    private WindowKey KeyOf(Window window) => new(_job.Name, _source.Name, _account, window.Label);

    private async Task WorkAsync()
    {
        await foreach (var order in _orders.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                await LandAsync(order).ConfigureAwait(false);
            }
            catch (Exception e) when (e is EtlException or OperationCanceledException)
            {
                // The ledger did not answer, or the grace is over: the minute stays entered and not landed.
                var cancelled = e is OperationCanceledException;
                var outcome = new WindowOutcome
                {
                    Key = KeyOf(order.Window), State = WindowState.Failed, Code = cancelled ? "cancelled" : ((EtlException)e).Code, Message = e.Message,
                    ExitCode = cancelled ? ExitCode.Cancelled : ExitCode.Of(((EtlException)e).Kind),
                };
                _outcomes[outcome.Key] = outcome;
                _parts.Observer.Finished(outcome);
            }
        }
    }

    private async Task LandAsync(Order order)
    {
        var key = KeyOf(order.Window);
        var record = await _parts.Ledger.FindWindowAsync(key, order.Landing).ConfigureAwait(false);
        if (record?.LandedPull is { } landed && !_landedHere.Contains(key.Label)
            && await GapOfAsync(key, landed, order.Landing).ConfigureAwait(false) <= Length(order.Minute.Proof.Gaps!)) return;
        var planned = new PlannedWindow(key, order.Window, _source, 1, record?.LandedPull is null ? "collected" : "points came late", record);
        var outcome = await new WindowRunner(_parts with { Sources = new OneSource(_parts.Sources, order.Minute) }).RunAsync(_job, planned, order.Landing).ConfigureAwait(false);
        _outcomes[key] = outcome;
        if (outcome.State == WindowState.Landed) _landedHere.Add(key.Label);
    }

    /// <summary>How much of a landed minute nobody saw.</summary>
    private async Task<TimeSpan> GapOfAsync(WindowKey key, string pull, CancellationToken cancellation)
    {
        var pulls = await _parts.Ledger.PullsAsync(key, cancellation).ConfigureAwait(false);
        var proof = pulls.LastOrDefault(p => p.Pull == pull) is { } found ? JsonSerializer.Deserialize<PullProof>(found.ProofJson, JsonSerializerOptions.Web) : null;
        return proof?.Gaps is { } gaps ? Length(gaps) : TimeSpan.MaxValue;
    }

    private static TimeSpan Length(IEnumerable<TimeSlice> slices) => slices.Aggregate(TimeSpan.Zero, (sum, s) => sum + s.Length);

    private sealed record Order(Window Window, CollectedMinute Minute, CancellationToken Landing);

    /// <summary>Gives the collected minute where a source is asked for.</summary>
    private sealed class OneSource(ISourceFactory inner, ISource minute) : ISourceFactory
    {
        public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
            inner.AccountsAsync(spec, from, to, cancellation);

        public ISource Create(SourceSpec spec, string account) => minute;

        public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => inner.SecondPathOf(spec, kind);
    }
}
