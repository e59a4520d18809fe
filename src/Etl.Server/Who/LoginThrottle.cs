using System.Net;
using Etl.Server.Doors;

namespace Etl.Server.Who;

/// <summary>
/// Slows down who guesses passwords. A try counts when it begins, so that many at once are no more than many in a row, and is taken back when it was right.
/// <code>
/// counted by            free   then each try waits
/// name and address         5   2 s, twice as long each time, up to a quarter of an hour
/// address                 50   the same
/// name, from anywhere     50   2 s, then 4 s: a person is shut out by nobody elsewhere; where they logged in before they need not wait at all
/// </code>
/// An address of IPv6 is its /64. Half an hour without a failure forgets them. Safe for concurrent use.
/// </summary>
internal sealed class LoginThrottle(TimeProvider time)
{
    /// <summary>Failures for a name from one address that cost nothing.</summary>
    public const int Free = 5;

    private const int FreeForMany = 10 * Free, Most = 10_000;

    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(2), s_longest = TimeSpan.FromMinutes(15), s_longestOfName = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_forgotten = 2 * s_longest, s_homeForgotten = TimeSpan.FromDays(30), s_pruneEvery = TimeSpan.FromMinutes(1);

    private readonly Dictionary<Key, Tries> _tries = [];
    private readonly Dictionary<Key, DateTimeOffset> _homes = [];
    private readonly Lock _lock = new();
    private DateTimeOffset _pruned;

    /// <summary>Names and addresses that are remembered.</summary>
    public int Remembered
    {
        get
        {
            lock (_lock) return _tries.Count;
        }
    }

    /// <summary>Begins a try and counts it; one that has to wait is not begun and not counted.</summary>
    /// <returns>How long it has to wait; zero when it may go on.</returns>
    public TimeSpan Begin(string name, IPAddress? address)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            Prune(now);
            var keys = KeysOf(name, address);
            var until = keys.Max(k => _tries.GetValueOrDefault(k).Until);
            if (until > now) return until - now;
            foreach (var key in keys)
            {
                // Full: somebody makes up names by the thousand. Their address is what is counted then.
                if (_tries.Count >= Most && !_tries.ContainsKey(key)) continue;
                var before = _tries.GetValueOrDefault(key);
                var failures = before.Last + s_forgotten < now ? 1 : before.Failures + 1;
                _tries[key] = new Tries(failures, now, before.Last, now + key.Wait(failures));
            }
            return TimeSpan.Zero;
        }
    }

    /// <summary>Takes a try back that was not made after all.</summary>
    public void TakeBack(string name, IPAddress? address)
    {
        lock (_lock)
        {
            foreach (var key in KeysOf(name, address))
            {
                if (!_tries.TryGetValue(key, out var tries)) continue;
                if (tries.Failures == 1) _tries.Remove(key);
                else _tries[key] = new Tries(tries.Failures - 1, tries.Before, tries.Before, tries.Before + key.Wait(tries.Failures - 1));
            }
        }
    }

    /// <summary>Takes a try back that was right, and forgets the failures of the name from there.</summary>
    public void Succeeded(string name, IPAddress? address)
    {
        lock (_lock)
        {
            TakeBack(name, address);
            var key = Key.Both(name, address);
            _tries.Remove(key);
            if (_homes.Count < Most || _homes.ContainsKey(key)) _homes[key] = time.GetUtcNow();
        }
    }

    private Key[] KeysOf(string name, IPAddress? address)
    {
        var both = Key.Both(name, address);
        var from = both with { Name = null };
        return _homes.ContainsKey(both) ? [both, from] : [both, from, both with { From = null }];
    }

    private void Prune(DateTimeOffset now)
    {
        if (now - _pruned < s_pruneEvery) return;
        _pruned = now;
        foreach (var (key, tries) in _tries)
            if (tries.Last + s_forgotten < now) _tries.Remove(key);
        foreach (var (key, last) in _homes)
            if (last + s_homeForgotten < now) _homes.Remove(key);
    }

    /// <summary>What is counted: a name from an address, or all of either.</summary>
    private readonly record struct Key(string? Name, IPAddress? From)
    {
        public static Key Both(string name, IPAddress? address) => new(name, AddressBlock.Of(address));

        /// <summary>What the next try has to wait after so many failures.</summary>
        public TimeSpan Wait(int failures)
        {
            var over = Math.Min(failures - (Name is null || From is null ? FreeForMany : Free), 20);
            var longest = From is null ? s_longestOfName : s_longest;
            return over < 0 ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(longest.Ticks, s_first.Ticks << over));
        }
    }

    /// <param name="Failures">Tries that were not right, or are not known to be yet.</param>
    /// <param name="Last">When the last one began.</param>
    /// <param name="Before">When the one before it began.</param>
    /// <param name="Until">When the next one may begin.</param>
    private readonly record struct Tries(int Failures, DateTimeOffset Last, DateTimeOffset Before, DateTimeOffset Until);
}
